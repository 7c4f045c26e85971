//! The activity of a project, and the items that the signed-in user viewed recently.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Operation,
    toolkit::{
        inputs::{ActivityId, ActivityType, Count, Offset, Order, PageBound, ProjectIdOrKey},
        project_binding::{ProjectBinding, ProjectOf},
        rest::Rest,
        tool::Endpoint,
    },
};

/// The fields of an activity.
pub(crate) const ACTIVITY_FIELDS: &[&str] = &[
    "id",
    "project",
    "type",
    "content",
    "notifications",
    "createdUser",
    "created",
];

/// Lists the activity of one project, newest first. For the whole space, use get_space_activities.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetProjectActivities {
    project_id_or_key: ProjectIdOrKey,
    /// Kinds of activity by name or number, as in get_space_activities; default all
    activity_type_id: Option<Vec<ActivityType>>,
    /// Only higher ids
    min_id: Option<PageBound>,
    /// Only lower ids
    max_id: Option<PageBound>,
    count: Option<Count>,
    order: Option<Order>,
}

impl Endpoint for GetProjectActivities {
    const NAME: &'static str = "get_project_activities";
    const TITLE: &'static str = "List project activities";
    const CALL: Operation = Operation::get("projects/{projectIdOrKey}/activities");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN;
    const FIELDS: &'static [&'static str] = ACTIVITY_FIELDS;
}

/// Returns one activity.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetActivity {
    /// Id (get_space_activities)
    activity_id: ActivityId,
}

impl Endpoint for GetActivity {
    const NAME: &'static str = "get_activity";
    const TITLE: &'static str = "Get activity";
    const CALL: Operation = Operation::get("activities/{activityId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN;
}

/// Lists the issues that the user viewed recently.
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
    const PROJECTS: ProjectBinding = ProjectBinding::Filtered(ProjectOf::Id("/issue/projectId"));
    const REST: Rest = Rest::ISSUE_INSIDE;
    const FIELDS: &'static [&'static str] = &["issue", "updated"];
}

/// Lists the projects that the user viewed recently.
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
    const PROJECTS: ProjectBinding = ProjectBinding::Filtered(ProjectOf::Id("/project/id"));
    const REST: Rest = Rest::SHORT;
    const FIELDS: &'static [&'static str] = &["project", "updated"];
}

/// Lists the wiki pages that the user viewed recently.
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
    const PROJECTS: ProjectBinding = ProjectBinding::Filtered(ProjectOf::Id("/page/projectId"));
    const REST: Rest = Rest::SHORT;
    const FIELDS: &'static [&'static str] = &["page", "updated"];
}
