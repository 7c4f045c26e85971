//! The files of an issue.
//!
//! 1. The request stops reading past `maxBytes`.
//! 2. The bytes, more than the headers, say what the file is ([`File`]).
//! 3. `auto` gives content that a model sees or reads, `base64` one JSON text.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::Value;

use crate::{
    backlog::{Call, Method},
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
    /// auto for images and texts as such, base64 for JSON with all bytes
    #[schemars(extend("default" = "auto"))]
    #[serde(skip_serializing)]
    format: Option<Format>,
    /// Fail if the file is larger than this
    #[schemars(extend("minimum" = 1, "maximum" = 7_340_032, "default" = 5_242_880))]
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
        let request = CALL.fill(inputs(&self))?;
        let issue = request.path[1].as_str().to_owned();
        let id = self.attachment_id.get();
        let file = File::fetch(backlog, request, max_bytes).await?;

        Ok(match self.format.unwrap_or_default() {
            Format::Base64 => Outcome::Content(vec![file.as_json()]),
            Format::Auto => {
                let mut facts = file.facts();
                facts["attachmentId"] = id.into();
                // As it was given: a number for an id.
                let given = self.issue_id.map(Whole::get).filter(|id| *id > 0);
                facts["issueIdOrKey"] = given.map_or_else(|| issue.as_str().into(), Value::from);
                let id = id.to_string();
                let place = ["issues", issue.as_str(), "attachments", id.as_str()];
                file.with_facts(&facts, backlog.access.url(), &place)
            }
        })
    }
}
