//! The space, its users and their activity.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Operation,
    toolkit::{
        declaration::Declaration,
        inputs::{ActivityType, Count, Date, Order, PageBound, User},
        project_binding::{ProjectBinding, ProjectOf},
        rest::Rest,
        tool::Endpoint,
        toolset::Toolset,
    },
    tools::activity::recent::ACTIVITY_FIELDS,
};

/// The fields of a user.
pub(crate) const USER_FIELDS: &[&str] = &[
    "id",
    "userId",
    "name",
    "roleType",
    "lang",
    "nulabAccount",
    "mailAddress",
    "lastLoginTime",
];

pub(super) fn tools() -> Vec<Declaration> {
    vec![
        Declaration::of::<GetSpace>(Toolset::Space),
        Declaration::of::<GetSpaceActivities>(Toolset::Space),
        Declaration::of::<GetUsers>(Toolset::Space),
        Declaration::of::<GetUserStarsCount>(Toolset::Space),
        Declaration::of::<GetMyself>(Toolset::Space),
        Declaration::of::<GetUserRecentUpdates>(Toolset::Space),
    ]
}

/// Returns the Backlog space: its key, name, language and time zone.
#[derive(Deserialize, Serialize, JsonSchema)]
struct GetSpace {}

impl Endpoint for GetSpace {
    const NAME: &'static str = "get_space";
    const TITLE: &'static str = "Get space";
    const CALL: Operation = Operation::get("space");
    const PROJECTS: ProjectBinding = ProjectBinding::SpaceWide;
    const REST: Rest = Rest::SHORT;
}

/// Lists the activity of the whole space, newest first: issues, comments, wiki pages, pull requests
/// and more. For one user, use get_user_recent_updates; for one project, get_project_activities
/// (toolset activity).
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetSpaceActivities {
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

impl Endpoint for GetSpaceActivities {
    const NAME: &'static str = "get_space_activities";
    const TITLE: &'static str = "List space activities";
    const CALL: Operation = Operation::get("space/activities");
    const PROJECTS: ProjectBinding = ProjectBinding::Filtered(ProjectOf::Id("/project/id"));
    const REST: Rest = Rest::OWN;
    const FIELDS: &'static [&'static str] = ACTIVITY_FIELDS;
}

/// Lists the users of the space.
#[derive(Deserialize, Serialize, JsonSchema)]
struct GetUsers {}

impl Endpoint for GetUsers {
    const NAME: &'static str = "get_users";
    const TITLE: &'static str = "List users";
    const CALL: Operation = Operation::get("users");
    const PROJECTS: ProjectBinding = ProjectBinding::SpaceWide;
    const REST: Rest = Rest::SHORT.paged();
    const FIELDS: &'static [&'static str] = USER_FIELDS;
}

/// Counts the stars that a user has received.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetUserStarsCount {
    /// User id or name
    user_id: User,
    /// On this day or later, yyyy-MM-dd
    since: Option<Date>,
    /// On this day or earlier, yyyy-MM-dd
    until: Option<Date>,
}

impl Endpoint for GetUserStarsCount {
    const NAME: &'static str = "get_user_stars_count";
    const TITLE: &'static str = "Count a user's stars";
    const CALL: Operation = Operation::get("users/{userId}/stars/count");
    const PROJECTS: ProjectBinding = ProjectBinding::Refused("it counts over all projects");
    const REST: Rest = Rest::SHORT;
}

/// Returns the Backlog user that these tools act as.
#[derive(Deserialize, Serialize, JsonSchema)]
struct GetMyself {}

impl Endpoint for GetMyself {
    const NAME: &'static str = "get_myself";
    const TITLE: &'static str = "Get signed-in user";
    const CALL: Operation = Operation::get("users/myself");
    const PROJECTS: ProjectBinding = ProjectBinding::SpaceWide;
    const REST: Rest = Rest::SHORT;
}

/// Lists the activity of one user in all projects, newest first. For all users, use
/// get_space_activities.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetUserRecentUpdates {
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

impl Endpoint for GetUserRecentUpdates {
    const NAME: &'static str = "get_user_recent_updates";
    const TITLE: &'static str = "List a user's activities";
    const CALL: Operation = Operation::get("users/{userId}/activities");
    const PROJECTS: ProjectBinding = ProjectBinding::Filtered(ProjectOf::Id("/project/id"));
    const REST: Rest = Rest::OWN;
    const FIELDS: &'static [&'static str] = ACTIVITY_FIELDS;
}
