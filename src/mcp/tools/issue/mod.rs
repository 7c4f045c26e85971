//! Issues, their comments, and what classifies them.

mod classify;
mod comment;
mod search;
mod write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(test)]
pub(in crate::mcp) use {
    search::GetIssues,
    write::{AddIssue, UpdateIssue},
};

use crate::{
    backlog::Call,
    mcp::{
        Toolset,
        inputs::{IssueId, IssueKey},
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
        Entry::of::<comment::GetIssueComments>(Toolset::Issue),
        Entry::of::<comment::AddIssueComment>(Toolset::Issue),
        Entry::of::<classify::GetPriorities>(Toolset::Issue),
        Entry::of::<classify::GetIssueTypes>(Toolset::Issue),
        Entry::of::<classify::GetResolutions>(Toolset::Issue),
    ]
}

/// Returns one issue, by id or key.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetIssue {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
}

impl Endpoint for GetIssue {
    const NAME: &'static str = "get_issue";
    const TITLE: &'static str = "Get issue";
    const CALL: Call = Call::get("issues/{issueId|issueKey}");
}
