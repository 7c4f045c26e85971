//! Single issues.

pub(super) mod attachment;
pub(super) mod comment;
pub(super) mod participant;
pub(super) mod priority;
pub(super) mod related;
pub(super) mod resolution;
pub(super) mod search;
pub(super) mod shared_file;
pub(super) mod watching;
pub(super) mod write;

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(test)]
pub(crate) use {
    search::GetIssues,
    write::{AddIssue, UpdateIssue},
};

use crate::toolkit::{
    inputs::{IssueId, IssueKey},
    project_binding::ProjectBinding,
    rest::Rest,
    tool::ApiTool,
};

/// Returns one issue by a key such as PROJ-12: its fields, description, custom fields and attached
/// files. For its comments, use get_issue_comments.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetIssue {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
}

impl ApiTool for GetIssue {
    const NAME: &'static str = "get_issue";
    const TITLE: &'static str = "Get issue";
    const CALL: Operation = Operation::get("issues/{issueId|issueKey}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN;
}

/// Deletes an issue permanently. Its child issues remain.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeleteIssue {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
}

impl ApiTool for DeleteIssue {
    const NAME: &'static str = "delete_issue";
    const TITLE: &'static str = "Delete issue";
    const CALL: Operation = Operation::delete("issues/{issueId|issueKey}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}
