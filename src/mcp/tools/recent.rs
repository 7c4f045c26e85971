//! What happened in a project, and what the signed-in user looked at (toolset `activity`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Call,
    mcp::{
        Toolset,
        inputs::{ActivityType, IdOrKey, Integer, NumericId, Order, Project},
        router::Entry,
        tool::{Access, Endpoint},
        tools::fields,
    },
};

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::of::<GetProjectActivities>(Toolset::Activity),
        Entry::of::<GetActivity>(Toolset::Activity),
        Entry::of::<GetRecentlyViewedIssues>(Toolset::Activity),
        Entry::of::<AddRecentlyViewedIssue>(Toolset::Activity),
        Entry::of::<GetRecentlyViewedProjects>(Toolset::Activity),
        Entry::of::<GetRecentlyViewedWikis>(Toolset::Activity),
        Entry::of::<AddRecentlyViewedWiki>(Toolset::Activity),
    ]
}

/// Lists what happened in a project, newest first.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetProjectActivities {
    #[serde(alias = "projectId", alias = "projectKey")]
    project_id_or_key: Project,
    /// Kinds; all unless given
    activity_type_id: Option<Vec<ActivityType>>,
    /// Only higher ids
    min_id: Option<Integer>,
    /// Only lower ids
    max_id: Option<Integer>,
    /// 1 to 100; 20 unless given
    count: Option<Integer>,
    order: Option<Order>,
}

impl Endpoint for GetProjectActivities {
    const NAME: &'static str = "get_project_activities";
    const TITLE: &'static str = "List project activities";
    const CALL: Call = Call::get("projects/{projectIdOrKey}/activities");
    const FIELDS: &'static [&'static str] = fields::ACTIVITY;
}

/// Returns one activity.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetActivity {
    /// Activity id
    activity_id: Integer,
}

impl Endpoint for GetActivity {
    const NAME: &'static str = "get_activity";
    const TITLE: &'static str = "Get activity";
    const CALL: Call = Call::get("activities/{activityId}");
}

/// Lists the issues that the user looked at last.
#[derive(Deserialize, Serialize, JsonSchema)]
struct GetRecentlyViewedIssues {
    order: Option<Order>,
    /// How many to skip
    offset: Option<Integer>,
    /// 1 to 100; 20 unless given
    count: Option<Integer>,
}

impl Endpoint for GetRecentlyViewedIssues {
    const NAME: &'static str = "get_recently_viewed_issues";
    const TITLE: &'static str = "List recently viewed issues";
    const CALL: Call = Call::get("users/myself/recentlyViewedIssues");
    const FIELDS: &'static [&'static str] = &["issue", "updated"];
}

/// Notes that the user looked at an issue.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AddRecentlyViewedIssue {
    /// Id or key
    #[serde(alias = "issueId", alias = "issueKey")]
    issue_id_or_key: IdOrKey,
}

impl Endpoint for AddRecentlyViewedIssue {
    const NAME: &'static str = "add_recently_viewed_issue";
    const TITLE: &'static str = "Add recently viewed issue";
    const CALL: Call = Call::post("users/myself/recentlyViewedIssues");
    const ACCESS: Access = Access::of(Self::CALL.method()).idempotent();
}

/// Lists the projects that the user looked at last.
#[derive(Deserialize, Serialize, JsonSchema)]
struct GetRecentlyViewedProjects {
    order: Option<Order>,
    /// How many to skip
    offset: Option<Integer>,
    /// 1 to 100; 20 unless given
    count: Option<Integer>,
}

impl Endpoint for GetRecentlyViewedProjects {
    const NAME: &'static str = "get_recently_viewed_projects";
    const TITLE: &'static str = "List recently viewed projects";
    const CALL: Call = Call::get("users/myself/recentlyViewedProjects");
    const FIELDS: &'static [&'static str] = &["project", "updated"];
}

/// Lists the wiki pages that the user looked at last.
#[derive(Deserialize, Serialize, JsonSchema)]
struct GetRecentlyViewedWikis {
    order: Option<Order>,
    /// How many to skip
    offset: Option<Integer>,
    /// 1 to 100; 20 unless given
    count: Option<Integer>,
}

impl Endpoint for GetRecentlyViewedWikis {
    const NAME: &'static str = "get_recently_viewed_wikis";
    const TITLE: &'static str = "List recently viewed pages";
    const CALL: Call = Call::get("users/myself/recentlyViewedWikis");
    const FIELDS: &'static [&'static str] = &["page", "updated"];
}

/// Notes that the user looked at a wiki page.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AddRecentlyViewedWiki {
    /// Wiki page id
    wiki_id: NumericId,
}

impl Endpoint for AddRecentlyViewedWiki {
    const NAME: &'static str = "add_recently_viewed_wiki";
    const TITLE: &'static str = "Add recently viewed page";
    const CALL: Call = Call::post("users/myself/recentlyViewedWikis");
    const ACCESS: Access = Access::of(Self::CALL.method()).idempotent();
}
