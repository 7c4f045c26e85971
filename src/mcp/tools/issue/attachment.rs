//! The files of an issue.
//!
//! 1. The request stops reading past `maxBytes`.
//! 2. The bytes, more than the headers, say what the file is ([`File`]).
//! 3. `auto` gives content that a model sees or reads, `base64` one JSON text.

use rmcp::model::ContentBlock;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::{
    backlog::{BacklogError, Call, Method},
    mcp::{
        failure::{LARGEST_FILE, ToolError},
        file::File,
        inputs::Whole,
        tool::{Access, Backlog, Outcome, Tool, inputs},
    },
};

const CALL: Call = Call::get("issues/{issueId|issueKey}/attachments/{attachmentId}");

/// How much is read unless `maxBytes` says otherwise: 5 MiB.
const USUAL_LIMIT: usize = 5 << 20;

/// Returns a file attached to an issue: images to look at, texts to read,
/// anything else as bytes.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetIssueAttachment {
    /// Numeric id; or give issueKey
    issue_id: Option<Whole>,
    /// Key such as PROJ-12; or give issueId
    issue_key: Option<String>,
    /// Attachment id, from the issue's attachments (get_issue)
    attachment_id: Whole,
    /// auto for images and texts as such (the usual way), base64 for one JSON text with all bytes
    #[serde(skip_serializing)]
    format: Option<Format>,
    /// Fail if the file is larger, up to 7340032; 5242880 unless given
    #[serde(skip_serializing)]
    max_bytes: Option<MaxBytes>,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Auto,
    Base64,
}

// From one byte to `LARGEST_FILE`.
#[derive(Clone, Copy, JsonSchema)]
#[schemars(transparent)]
struct MaxBytes(#[schemars(with = "Whole")] usize);

impl<'de> Deserialize<'de> for MaxBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = usize::try_from(Whole::deserialize(deserializer)?.get());
        match bytes {
            Ok(bytes @ 1..=LARGEST_FILE) => Ok(Self(bytes)),
            _ => Err(D::Error::custom(format!(
                "expected an integer from 1 to {LARGEST_FILE}"
            ))),
        }
    }
}

impl Tool for GetIssueAttachment {
    const NAME: &'static str = "get_issue_attachment";
    const TITLE: &'static str = "Get issue attachment";
    const ACCESS: Access = Access::of(Method::Get);

    async fn run(self, backlog: &Backlog<'_>) -> Result<Outcome, ToolError> {
        let max_bytes = self.max_bytes.map_or(USUAL_LIMIT, |limit| limit.0);
        let request = CALL.fill(inputs(&self))?.file(max_bytes);
        let issue = request.path[1].as_str().to_owned();
        let id = self.attachment_id.get();

        let answer = backlog.send(request).await.map_err(|error| match error {
            ToolError::Backlog {
                error: BacklogError::TooLarge { .. },
                ..
            } => ToolError::FileTooLarge { max_bytes },
            error => error,
        })?;
        let file = File::of(&answer, &format!("attachment-{id}"));

        Ok(Outcome::Content(match self.format.unwrap_or_default() {
            Format::Base64 => vec![file.as_json()],
            Format::Auto => {
                let what = serde_json::json!({
                    "filename": file.name,
                    "contentType": file.content_type,
                    "size": file.bytes.len(),
                    "attachmentId": id,
                    "issueIdOrKey": issue,
                });
                let id = id.to_string();
                let place = ["issues", issue.as_str(), "attachments", id.as_str()];
                vec![
                    ContentBlock::text(format!("{what:#}")),
                    file.as_content(backlog.access.url(), &place),
                ]
            }
        }))
    }
}
