//! Issues: their comments, files, links and watchers, and what classifies them.

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
pub(in crate::mcp) use {
    search::GetIssues,
    write::{AddIssue, UpdateIssue},
};

use crate::{
    backlog::Operation,
    mcp::{
        ProjectBinding, Toolset,
        inputs::{IssueId, IssueKey},
        rest::Rest,
        router::Entry,
        tool::Endpoint,
    },
};

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::of::<GetIssue>(Toolset::Issue),
        Entry::of::<search::GetIssues>(Toolset::Issue),
        Entry::of::<search::CountIssues>(Toolset::Issue),
        Entry::of::<write::AddIssue>(Toolset::Issue),
        Entry::of::<write::UpdateIssue>(Toolset::Issue),
        Entry::of::<DeleteIssue>(Toolset::Issue),
        Entry::of::<comment::GetIssueComments>(Toolset::Issue),
        Entry::of::<comment::AddIssueComment>(Toolset::Issue),
        Entry::of::<comment::UpdateIssueComment>(Toolset::Issue),
        Entry::of::<attachment::GetIssueAttachment>(Toolset::Issue),
        Entry::of::<related::GetRelatedIssues>(Toolset::Issue),
        Entry::of::<related::AddRelatedIssue>(Toolset::Issue),
        Entry::of::<related::RemoveRelatedIssue>(Toolset::Issue),
        Entry::of::<classify::GetPriorities>(Toolset::Issue),
        Entry::of::<classify::GetIssueTypes>(Toolset::Issue),
        Entry::of::<classify::GetStatuses>(Toolset::Issue),
        Entry::of::<classify::GetCategories>(Toolset::Issue),
        Entry::of::<classify::AddCategory>(Toolset::Issue),
        Entry::of::<classify::GetCustomFields>(Toolset::Issue),
        Entry::of::<classify::GetResolutions>(Toolset::Issue),
        Entry::of::<watching::GetWatchingListItems>(Toolset::Issue),
        Entry::of::<watching::GetWatchingListCount>(Toolset::Issue),
        Entry::of::<watching::AddWatching>(Toolset::Issue),
        Entry::of::<watching::UpdateWatching>(Toolset::Issue),
        Entry::of::<watching::DeleteWatching>(Toolset::Issue),
        Entry::of::<watching::MarkWatchingAsRead>(Toolset::Issue),
        Entry::of::<version::GetVersionMilestoneList>(Toolset::Issue),
        Entry::of::<version::AddVersionMilestone>(Toolset::Issue),
        Entry::of::<version::UpdateVersionMilestone>(Toolset::Issue),
        Entry::of::<version::DeleteVersion>(Toolset::Issue),
    ]
}

/// Returns one issue by a key such as PROJ-12: its fields, description, custom fields and attached
/// files. Its comments come from get_issue_comments.
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

/// Deletes an issue for good. Its child issues stay.
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
