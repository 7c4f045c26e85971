//! The outcome of a tool.

use rmcp::model::ContentBlock;
use serde_json::{Value, json, value::RawValue};

use crate::backlog::{BacklogClient, BacklogError, Content};

/// What a tool brings.
pub(crate) enum Outcome {
    /// Backlog's own JSON, as it came.
    Text(Box<RawValue>),
    /// The same, read; `null` where it answers without a body.
    Json(Value),
    /// Anything that is not JSON.
    Content(Vec<ContentBlock>),
}

/// The same, of which parts can be left out.
pub(crate) enum Read {
    Json(Value),
    Content(Vec<ContentBlock>),
}

impl Outcome {
    /// That a change was made, where Backlog says nothing of it.
    pub fn done(message: &str) -> Self {
        Self::Json(json!({"success": true, "message": message}))
    }

    /// Reads what has not been read.
    ///
    /// # Errors
    /// It is nested or counts beyond all measure, or it is long and there is no turn to read it.
    pub async fn read(self, client: &BacklogClient) -> Result<Read, BacklogError> {
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
