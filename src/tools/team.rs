//! The teams of the space.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    inputs::{Count, Offset, Order},
    project_binding::ProjectBinding,
    rest::Rest,
    tool::ApiTool,
};

/// The fields of a team.
pub(super) const TEAM_FIELDS: &[&str] = &[
    "id",
    "name",
    "members",
    "displayOrder",
    "createdUser",
    "created",
    "updatedUser",
    "updated",
];

/// Lists the teams of the space with their members.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(super) struct GetTeams {
    order: Option<Order>,
    offset: Option<Offset>,
    count: Option<Count>,
}

impl ApiTool for GetTeams {
    const NAME: &'static str = "get_teams";
    const TITLE: &'static str = "List teams";
    const CALL: Operation = Operation::get("teams");
    const PROJECTS: ProjectBinding = ProjectBinding::SpaceWide;
    const REST: Rest = Rest::OWN;
    const FIELDS: &'static [&'static str] = TEAM_FIELDS;
}
