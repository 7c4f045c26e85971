//! The shared files that an issue links to.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    toolkit::{
        inputs::{IssueId, IssueKey, IssueSharedFileId, SharedFileId},
        project_binding::ProjectBinding,
        rest::Rest,
        tool::{ApiTool, Effect},
    },
    tools::shared_file::SHARED_FILE_FIELDS,
};

/// Lists the shared files that an issue links to.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetIssueSharedFiles {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
}

impl ApiTool for GetIssueSharedFiles {
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
pub(in crate::tools) struct AddIssueSharedFiles {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
    /// Shared file ids (get_shared_files)
    file_id: Vec<SharedFileId>,
}

impl ApiTool for AddIssueSharedFiles {
    const NAME: &'static str = "add_issue_shared_files";
    const TITLE: &'static str = "Link shared files to issue";
    const CALL: Operation = Operation::post("issues/{issueId|issueKey}/sharedFiles");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
    const EFFECT: Effect = Effect::of(Self::CALL.method()).idempotent();
}

/// Removes the link of an issue to a shared file; the file remains.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct RemoveIssueSharedFile {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
    /// Id (get_issue_shared_files)
    shared_file_id: IssueSharedFileId,
}

impl ApiTool for RemoveIssueSharedFile {
    const NAME: &'static str = "remove_issue_shared_file";
    const TITLE: &'static str = "Unlink shared file from issue";
    const CALL: Operation =
        Operation::delete("issues/{issueId|issueKey}/sharedFiles/{sharedFileId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}
