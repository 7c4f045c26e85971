//! Issues, their comments, files, links and watchers, and the values that classify them.

mod attachment;
mod classify;
mod comment;
mod related;
mod search;
mod version;
mod watching;
mod write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(test)]
pub(crate) use {
    search::GetIssues,
    write::{AddIssue, UpdateIssue},
};

use crate::{
    backlog::Operation,
    toolkit::{
        declaration::Declaration,
        inputs::{IssueId, IssueKey},
        project_binding::ProjectBinding,
        rest::Rest,
        tool::Endpoint,
        toolset::Toolset,
    },
};

pub(super) fn tools() -> Vec<Declaration> {
    vec![
        Declaration::of::<GetIssue>(Toolset::Issue),
        Declaration::of::<search::GetIssues>(Toolset::Issue),
        Declaration::of::<search::CountIssues>(Toolset::Issue),
        Declaration::of::<write::AddIssue>(Toolset::Issue),
        Declaration::of::<write::UpdateIssue>(Toolset::Issue),
        Declaration::of::<DeleteIssue>(Toolset::Issue),
        Declaration::of::<comment::GetIssueComments>(Toolset::Issue),
        Declaration::of::<comment::AddIssueComment>(Toolset::Issue),
        Declaration::of::<comment::UpdateIssueComment>(Toolset::Issue),
        Declaration::of::<attachment::GetIssueAttachment>(Toolset::Issue),
        Declaration::of::<related::GetRelatedIssues>(Toolset::Issue),
        Declaration::of::<related::AddRelatedIssue>(Toolset::Issue),
        Declaration::of::<related::RemoveRelatedIssue>(Toolset::Issue),
        Declaration::of::<classify::GetPriorities>(Toolset::Issue),
        Declaration::of::<classify::GetIssueTypes>(Toolset::Issue),
        Declaration::of::<classify::GetStatuses>(Toolset::Issue),
        Declaration::of::<classify::GetCategories>(Toolset::Issue),
        Declaration::of::<classify::AddCategory>(Toolset::Issue),
        Declaration::of::<classify::GetCustomFields>(Toolset::Issue),
        Declaration::of::<classify::GetResolutions>(Toolset::Issue),
        Declaration::of::<watching::GetWatchingListItems>(Toolset::Issue),
        Declaration::of::<watching::GetWatchingListCount>(Toolset::Issue),
        Declaration::of::<watching::AddWatching>(Toolset::Issue),
        Declaration::of::<watching::UpdateWatching>(Toolset::Issue),
        Declaration::of::<watching::DeleteWatching>(Toolset::Issue),
        Declaration::of::<watching::MarkWatchingAsRead>(Toolset::Issue),
        Declaration::of::<version::GetVersionMilestoneList>(Toolset::Issue),
        Declaration::of::<version::AddVersionMilestone>(Toolset::Issue),
        Declaration::of::<version::UpdateVersionMilestone>(Toolset::Issue),
        Declaration::of::<version::DeleteVersion>(Toolset::Issue),
    ]
}

/// Returns one issue by a key such as PROJ-12: its fields, description, custom fields and attached
/// files. For its comments, use get_issue_comments.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetIssue {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
}

impl Endpoint for GetIssue {
    const NAME: &'static str = "get_issue";
    const TITLE: &'static str = "Get issue";
    const CALL: Operation = Operation::get("issues/{issueId|issueKey}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN;
}

/// Deletes an issue permanently. Its child issues remain.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeleteIssue {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
}

impl Endpoint for DeleteIssue {
    const NAME: &'static str = "delete_issue";
    const TITLE: &'static str = "Delete issue";
    const CALL: Operation = Operation::delete("issues/{issueId|issueKey}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}
