//! The activity of the space, of a project and of a user.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    inputs::{ActivityId, ActivityType, Count, Order, PageBound, ProjectIdOrKey, User},
    project_binding::{ProjectBinding, ProjectOf},
    rest::Rest,
    tool::ApiTool,
};

/// The fields of an activity.
pub(super) const ACTIVITY_FIELDS: &[&str] = &[
    "id",
    "project",
    "type",
    "content",
    "notifications",
    "createdUser",
    "created",
];

/// Lists the activity of the whole space, newest first: issues, comments, wiki pages, pull requests
/// and more. For one user, use get_user_recent_updates; for one project, get_project_activities
/// (toolset activity).
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetSpaceActivities {
    /// Kinds of activity by name or number; default all. Names: issueCreated, issueUpdated,
    /// issueCommented, issueDeleted, wikiCreated, wikiUpdated, wikiDeleted, fileAdded, fileUpdated,
    /// fileDeleted, svnCommitted, gitPushed, gitRepositoryCreated, issueMultiUpdated,
    /// projectUserAdded, projectUserRemoved, notifyAdded, pullRequestAdded, pullRequestUpdated,
    /// pullRequestCommented, pullRequestMerged, milestoneCreated, milestoneUpdated,
    /// milestoneDeleted, projectGroupAdded, projectGroupDeleted, statusDeleted,
    /// issuesDatesUpdated, documentCreated, documentDeleted, documentTitleUpdated,
    /// documentCommentCreated, documentCommentUpdated, documentCommentDeleted,
    /// documentCommentReplyCreated, documentCommentReplyUpdated, documentCommentReplyDeleted,
    /// documentAttachmentCreated, issueMultiCreated, documentMultiCreated
    activity_type_id: Option<Vec<ActivityType>>,
    /// Only higher ids
    min_id: Option<PageBound>,
    /// Only lower ids
    max_id: Option<PageBound>,
    count: Option<Count>,
    order: Option<Order>,
}

impl ApiTool for GetSpaceActivities {
    const NAME: &'static str = "get_space_activities";
    const TITLE: &'static str = "List space activities";
    const CALL: Operation = Operation::get("space/activities");
    const PROJECTS: ProjectBinding = ProjectBinding::Filtered(ProjectOf::Id("/project/id"));
    const REST: Rest = Rest::OWN;
    const FIELDS: &'static [&'static str] = ACTIVITY_FIELDS;
}

/// Lists the activity of one user in all projects, newest first. For all users, use
/// get_space_activities.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetUserRecentUpdates {
    /// User id or name
    user_id: User,
    /// Kinds of activity by name or number, as in get_space_activities; default all
    activity_type_id: Option<Vec<ActivityType>>,
    /// Only higher ids
    min_id: Option<PageBound>,
    /// Only lower ids
    max_id: Option<PageBound>,
    count: Option<Count>,
    order: Option<Order>,
}

impl ApiTool for GetUserRecentUpdates {
    const NAME: &'static str = "get_user_recent_updates";
    const TITLE: &'static str = "List a user's activities";
    const CALL: Operation = Operation::get("users/{userId}/activities");
    const PROJECTS: ProjectBinding = ProjectBinding::Filtered(ProjectOf::Id("/project/id"));
    const REST: Rest = Rest::OWN;
    const FIELDS: &'static [&'static str] = ACTIVITY_FIELDS;
}

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

impl ApiTool for GetProjectActivities {
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

impl ApiTool for GetActivity {
    const NAME: &'static str = "get_activity";
    const TITLE: &'static str = "Get activity";
    const CALL: Operation = Operation::get("activities/{activityId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN;
}
