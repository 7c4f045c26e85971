//! The outcome of a tool.

use rmcp::model::ContentBlock;
use serde_json::{Value, json, value::RawValue};

use backlog_client::{BacklogClient, BacklogError, Content};

/// The outcome of a tool.
pub(crate) enum Outcome {
    /// Backlog's JSON, unparsed.
    Text(Box<RawValue>),
    /// Parsed JSON; `null` for a response without a body.
    Json(Value),
    /// Anything that is not JSON.
    Content(Vec<ContentBlock>),
}

/// A parsed outcome, from which parts can be removed.
pub(crate) enum Read {
    Json(Value),
    Content(Vec<ContentBlock>),
}

impl Outcome {
    /// The outcome of a change for which Backlog returns nothing.
    pub(crate) fn done(message: &str) -> Self {
        Self::Json(json!({"success": true, "message": message}))
    }

    /// Parses the JSON, unless it is parsed.
    ///
    /// # Errors
    /// The JSON is too deep or has too many values, or it is long and no parser becomes free.
    pub(crate) async fn read(self, client: &BacklogClient) -> Result<Read, BacklogError> {
        let json = match self {
            Self::Text(json) => json,
            Self::Json(value) => return Ok(Read::Json(value)),
            Self::Content(content) => return Ok(Read::Content(content)),
        };
        let read = client.parse(json.get().len(), move || serde_json::from_str(json.get()));
        read.await?
            .map(Read::Json)
            .map_err(|_| BacklogError::UnexpectedBody {
                status: 200,
                body: Content::Other,
            })
    }
}
