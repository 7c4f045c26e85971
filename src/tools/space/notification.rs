//! The notice that the space shows to its users.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{project_binding::ProjectBinding, rest::Rest, tool::ApiTool};

/// Returns the notice shown to all users of the space.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(in crate::tools) struct GetSpaceNotification {}

impl ApiTool for GetSpaceNotification {
    const NAME: &'static str = "get_space_notification";
    const TITLE: &'static str = "Get space notice";
    const CALL: Operation = Operation::get("space/notification");
    const PROJECTS: ProjectBinding = ProjectBinding::SpaceWide;
    const REST: Rest = Rest::OWN;
}

/// Replaces the notice shown to all users of the space; for space administrators.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(in crate::tools) struct UpdateSpaceNotification {
    /// Text of the notice
    content: String,
}

impl ApiTool for UpdateSpaceNotification {
    const NAME: &'static str = "update_space_notification";
    const TITLE: &'static str = "Update space notice";
    const CALL: Operation = Operation::put("space/notification");
    const PROJECTS: ProjectBinding =
        ProjectBinding::Refused("it is shown to the users of all projects");
    const REST: Rest = Rest::NOTICE;
}
