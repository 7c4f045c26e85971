//! The files attached to an issue.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    toolkit::{
        entity::Entity,
        file::{Format, MaxBytes, TextLength, TextOffset, View},
        input_kind::Mark,
        inputs::{IssueAttachmentId, IssueId, IssueKey, Whole},
        project_binding::ProjectBinding,
        rest::Rest,
        tool::ApiTool,
    },
    tools::upload::ATTACHMENT_FIELDS,
};

/// Lists the files attached to an issue.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetIssueAttachments {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
}

impl ApiTool for GetIssueAttachments {
    const NAME: &'static str = "get_issue_attachments";
    const TITLE: &'static str = "List issue attachments";
    const CALL: Operation = Operation::get("issues/{issueId|issueKey}/attachments");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT.paged();
    const FIELDS: &'static [&'static str] = ATTACHMENT_FIELDS;
}

/// Returns a file attached to an issue: images and texts as content, PDF and Office files as the
/// text in them, other files as type, size and link.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetIssueAttachment {
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

impl ApiTool for GetIssueAttachment {
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

/// Deletes a file attached to an issue.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct DeleteIssueAttachment {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
    /// Id (get_issue_attachments)
    attachment_id: IssueAttachmentId,
}

impl ApiTool for DeleteIssueAttachment {
    const NAME: &'static str = "delete_issue_attachment";
    const TITLE: &'static str = "Delete issue attachment";
    const CALL: Operation =
        Operation::delete("issues/{issueId|issueKey}/attachments/{attachmentId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}
