//! The users of the space.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{inputs::User, project_binding::ProjectBinding, rest::Rest, tool::ApiTool};

/// The fields of a user.
pub(super) const USER_FIELDS: &[&str] = &[
    "id",
    "userId",
    "name",
    "roleType",
    "lang",
    "nulabAccount",
    "mailAddress",
    "lastLoginTime",
];

/// Lists the users of the space.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(super) struct GetUsers {}

impl ApiTool for GetUsers {
    const NAME: &'static str = "get_users";
    const TITLE: &'static str = "List users";
    const CALL: Operation = Operation::get("users");
    const PROJECTS: ProjectBinding = ProjectBinding::SpaceWide;
    const REST: Rest = Rest::SHORT.paged();
    const FIELDS: &'static [&'static str] = USER_FIELDS;
}

/// Returns one user.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetUser {
    /// User id or name
    user_id: User,
}

impl ApiTool for GetUser {
    const NAME: &'static str = "get_user";
    const TITLE: &'static str = "Get user";
    const CALL: Operation = Operation::get("users/{userId}");
    const PROJECTS: ProjectBinding = ProjectBinding::SpaceWide;
    const REST: Rest = Rest::SHORT;
}

/// Returns the Backlog user that these tools act as.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(super) struct GetMyself {}

impl ApiTool for GetMyself {
    const NAME: &'static str = "get_myself";
    const TITLE: &'static str = "Get signed-in user";
    const CALL: Operation = Operation::get("users/myself");
    const PROJECTS: ProjectBinding = ProjectBinding::SpaceWide;
    const REST: Rest = Rest::SHORT;
}
