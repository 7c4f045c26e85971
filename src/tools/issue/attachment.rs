//! The files of an issue.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Operation,
    toolkit::{
        entity::Entity,
        file::{Format, MaxBytes, TextLength, TextOffset, View},
        input_kind::Mark,
        inputs::{IssueKey, Whole},
        project_binding::ProjectBinding,
        rest::Rest,
        tool::Endpoint,
    },
};

/// Returns a file attached to an issue: images and text as content, other files as type, size and
/// link.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetIssueAttachment {
    /// Numeric id; or give issueKey
    #[schemars(extend("x-read" = Mark::IssueId, "x-entity" = Entity::Issue))]
    issue_id: Option<Whole>,
    issue_key: Option<IssueKey>,
    /// Attachment id, from the issue's attachments (get_issue)
    #[schemars(extend("x-entity" = Entity::IssueAttachment))]
    attachment_id: Whole,
    #[serde(skip_serializing)]
    format: Option<Format>,
    #[serde(skip_serializing)]
    max_bytes: Option<MaxBytes>,
    #[serde(skip_serializing)]
    text_offset: Option<TextOffset>,
    #[serde(skip_serializing)]
    text_length: Option<TextLength>,
}

impl Endpoint for GetIssueAttachment {
    const NAME: &'static str = "get_issue_attachment";
    const TITLE: &'static str = "Get issue attachment";
    const CALL: Operation = Operation::get("issues/{issueId|issueKey}/attachments/{attachmentId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::FILE;

    fn view(&self) -> Option<View> {
        Some(View::new(
            self.format,
            self.max_bytes,
            self.text_offset,
            self.text_length,
        ))
    }
}
