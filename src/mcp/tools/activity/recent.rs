//! What happened in a project, and what the signed-in user looked at.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Operation,
    mcp::{
        inputs::{ActivityType, Count, Integer, Offset, Order, ProjectIdOrKey},
        tool::Endpoint,
        tools::fields,
    },
};

/// Lists what happened in one project, newest first. For the whole space use
/// get_space_activities.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetProjectActivities {
    project_id_or_key: ProjectIdOrKey,
    /// Kinds of activity by name or number, as in get_space_activities; default all
    activity_type_id: Option<Vec<ActivityType>>,
    /// Only higher ids
    min_id: Option<Integer>,
    /// Only lower ids
    max_id: Option<Integer>,
    count: Option<Count>,
    order: Option<Order>,
}

impl Endpoint for GetProjectActivities {
    const NAME: &'static str = "get_project_activities";
    const TITLE: &'static str = "List project activities";
    const CALL: Operation = Operation::get("projects/{projectIdOrKey}/activities");
    const FIELDS: &'static [&'static str] = fields::ACTIVITY;
}

/// Returns one activity.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetActivity {
    /// Activity id
    activity_id: Integer,
}

impl Endpoint for GetActivity {
    const NAME: &'static str = "get_activity";
    const TITLE: &'static str = "Get activity";
    const CALL: Operation = Operation::get("activities/{activityId}");
}

/// Lists the issues that the user looked at last.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(super) struct GetRecentlyViewedIssues {
    order: Option<Order>,
    offset: Option<Offset>,
    count: Option<Count>,
}

impl Endpoint for GetRecentlyViewedIssues {
    const NAME: &'static str = "get_recently_viewed_issues";
    const TITLE: &'static str = "List recently viewed issues";
    const CALL: Operation = Operation::get("users/myself/recentlyViewedIssues");
    const FIELDS: &'static [&'static str] = &["issue", "updated"];
}

/// Lists the projects that the user looked at last.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(super) struct GetRecentlyViewedProjects {
    order: Option<Order>,
    offset: Option<Offset>,
    count: Option<Count>,
}

impl Endpoint for GetRecentlyViewedProjects {
    const NAME: &'static str = "get_recently_viewed_projects";
    const TITLE: &'static str = "List recently viewed projects";
    const CALL: Operation = Operation::get("users/myself/recentlyViewedProjects");
    const FIELDS: &'static [&'static str] = &["project", "updated"];
}

/// Lists the wiki pages that the user looked at last.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(super) struct GetRecentlyViewedWikis {
    order: Option<Order>,
    offset: Option<Offset>,
    count: Option<Count>,
}

impl Endpoint for GetRecentlyViewedWikis {
    const NAME: &'static str = "get_recently_viewed_wikis";
    const TITLE: &'static str = "List recently viewed pages";
    const CALL: Operation = Operation::get("users/myself/recentlyViewedWikis");
    const FIELDS: &'static [&'static str] = &["page", "updated"];
}
