//! Files attached to an issue, and shared files that it links to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Operation,
    toolkit::{
        inputs::{IssueAttachmentId, IssueId, IssueKey, IssueSharedFileId, SharedFileId},
        project_binding::ProjectBinding,
        rest::Rest,
        tool::{Access, Endpoint},
    },
    tools::files::shared::SHARED_FILE_FIELDS,
};

/// The fields of an attached file.
pub(super) const ATTACHMENT_FIELDS: &[&str] = &["id", "name", "size", "createdUser", "created"];

/// Lists the files attached to an issue.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetIssueAttachments {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
}

impl Endpoint for GetIssueAttachments {
    const NAME: &'static str = "get_issue_attachments";
    const TITLE: &'static str = "List issue attachments";
    const CALL: Operation = Operation::get("issues/{issueId|issueKey}/attachments");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT.paged();
    const FIELDS: &'static [&'static str] = ATTACHMENT_FIELDS;
}

/// Deletes a file attached to an issue.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeleteIssueAttachment {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
    /// Id (get_issue_attachments)
    attachment_id: IssueAttachmentId,
}

impl Endpoint for DeleteIssueAttachment {
    const NAME: &'static str = "delete_issue_attachment";
    const TITLE: &'static str = "Delete issue attachment";
    const CALL: Operation =
        Operation::delete("issues/{issueId|issueKey}/attachments/{attachmentId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}

/// Lists the shared files that an issue links to.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetIssueSharedFiles {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
}

impl Endpoint for GetIssueSharedFiles {
    const NAME: &'static str = "get_issue_shared_files";
    const TITLE: &'static str = "List an issue's shared files";
    const CALL: Operation = Operation::get("issues/{issueId|issueKey}/sharedFiles");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT.paged();
    const FIELDS: &'static [&'static str] = SHARED_FILE_FIELDS;
}

/// Links shared files of the project to an issue.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AddIssueSharedFiles {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
    /// Shared file ids (get_shared_files)
    file_id: Vec<SharedFileId>,
}

impl Endpoint for AddIssueSharedFiles {
    const NAME: &'static str = "add_issue_shared_files";
    const TITLE: &'static str = "Link shared files to issue";
    const CALL: Operation = Operation::post("issues/{issueId|issueKey}/sharedFiles");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
    const ACCESS: Access = Access::of(Self::CALL.method()).idempotent();
}

/// Removes the link of an issue to a shared file; the file remains.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RemoveIssueSharedFile {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
    /// Id (get_issue_shared_files)
    shared_file_id: IssueSharedFileId,
}

impl Endpoint for RemoveIssueSharedFile {
    const NAME: &'static str = "remove_issue_shared_file";
    const TITLE: &'static str = "Unlink shared file from issue";
    const CALL: Operation =
        Operation::delete("issues/{issueId|issueKey}/sharedFiles/{sharedFileId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}
