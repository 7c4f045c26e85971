//! Project members, project administrators and teams.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Operation,
    toolkit::{
        declaration::Declaration,
        inputs::{Count, Offset, Order, ProjectIdOrKey, SpaceUser, Team, User},
        name_list::NameList,
        project_binding::ProjectBinding,
        rest::Rest,
        tool::{Access, Endpoint},
        toolset::Toolset,
    },
    tools::space::USER_FIELDS,
};

/// The fields of a team.
const TEAM_FIELDS: &[&str] = &[
    "id",
    "name",
    "members",
    "displayOrder",
    "createdUser",
    "created",
    "updatedUser",
    "updated",
];

pub(super) fn tools() -> Vec<Declaration> {
    vec![
        Declaration::of::<GetUser>(Toolset::Members),
        Declaration::of::<AddProjectUser>(Toolset::Members),
        Declaration::of::<RemoveProjectUser>(Toolset::Members),
        Declaration::of::<GetProjectAdministrators>(Toolset::Members),
        Declaration::of::<AddProjectAdministrator>(Toolset::Members),
        Declaration::of::<RemoveProjectAdministrator>(Toolset::Members),
        Declaration::of::<GetProjectTeams>(Toolset::Members),
        Declaration::of::<AddProjectTeam>(Toolset::Members),
        Declaration::of::<RemoveProjectTeam>(Toolset::Members),
        Declaration::of::<GetTeams>(Toolset::Members),
    ]
}

/// Returns one user.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetUser {
    /// User id or name
    user_id: User,
}

impl Endpoint for GetUser {
    const NAME: &'static str = "get_user";
    const TITLE: &'static str = "Get user";
    const CALL: Operation = Operation::get("users/{userId}");
    const PROJECTS: ProjectBinding = ProjectBinding::SpaceWide;
    const REST: Rest = Rest::SHORT;
}

/// Adds a user to a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AddProjectUser {
    project_id_or_key: ProjectIdOrKey,
    /// User id or name
    user_id: SpaceUser,
}

impl Endpoint for AddProjectUser {
    const NAME: &'static str = "add_project_user";
    const TITLE: &'static str = "Add project member";
    const CALL: Operation = Operation::post("projects/{projectIdOrKey}/users");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::Projects, NameList::ProjectUsers];
    const REST: Rest = Rest::SHORT;
    const ACCESS: Access = Access::of(Self::CALL.method()).gives_access().idempotent();
}

/// Removes a user from a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RemoveProjectUser {
    project_id_or_key: ProjectIdOrKey,
    /// User id or name
    user_id: User,
}

impl Endpoint for RemoveProjectUser {
    const NAME: &'static str = "remove_project_user";
    const TITLE: &'static str = "Remove project member";
    const CALL: Operation = Operation::delete("projects/{projectIdOrKey}/users");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::Projects, NameList::ProjectUsers];
    const REST: Rest = Rest::SHORT;
}

/// Lists the administrators of a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetProjectAdministrators {
    project_id_or_key: ProjectIdOrKey,
}

impl Endpoint for GetProjectAdministrators {
    const NAME: &'static str = "get_project_administrators";
    const TITLE: &'static str = "List project administrators";
    const CALL: Operation = Operation::get("projects/{projectIdOrKey}/administrators");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT.paged();
    const FIELDS: &'static [&'static str] = USER_FIELDS;
}

/// Makes a project member an administrator of the project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AddProjectAdministrator {
    project_id_or_key: ProjectIdOrKey,
    /// User id or name
    user_id: User,
}

impl Endpoint for AddProjectAdministrator {
    const NAME: &'static str = "add_project_administrator";
    const TITLE: &'static str = "Add project administrator";
    const CALL: Operation = Operation::post("projects/{projectIdOrKey}/administrators");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
    const ACCESS: Access = Access::of(Self::CALL.method()).gives_access().idempotent();
}

/// Removes the administrator role from a project member.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RemoveProjectAdministrator {
    project_id_or_key: ProjectIdOrKey,
    /// User id or name
    user_id: User,
}

impl Endpoint for RemoveProjectAdministrator {
    const NAME: &'static str = "remove_project_administrator";
    const TITLE: &'static str = "Remove project administrator";
    const CALL: Operation = Operation::delete("projects/{projectIdOrKey}/administrators");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}

/// Lists the teams of a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetProjectTeams {
    project_id_or_key: ProjectIdOrKey,
}

impl Endpoint for GetProjectTeams {
    const NAME: &'static str = "get_project_teams";
    const TITLE: &'static str = "List project teams";
    const CALL: Operation = Operation::get("projects/{projectIdOrKey}/teams");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN.paged();
    const FIELDS: &'static [&'static str] = TEAM_FIELDS;
}

/// Adds a team and its members to a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AddProjectTeam {
    project_id_or_key: ProjectIdOrKey,
    /// Team id or name
    team_id: Team,
}

impl Endpoint for AddProjectTeam {
    const NAME: &'static str = "add_project_team";
    const TITLE: &'static str = "Add project team";
    const CALL: Operation = Operation::post("projects/{projectIdOrKey}/teams");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::Projects];
    const REST: Rest = Rest::SHORT;
    const ACCESS: Access = Access::of(Self::CALL.method()).gives_access().idempotent();
}

/// Removes a team from a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RemoveProjectTeam {
    project_id_or_key: ProjectIdOrKey,
    /// Team id or name
    team_id: Team,
}

impl Endpoint for RemoveProjectTeam {
    const NAME: &'static str = "remove_project_team";
    const TITLE: &'static str = "Remove project team";
    const CALL: Operation = Operation::delete("projects/{projectIdOrKey}/teams");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::Projects];
    const REST: Rest = Rest::SHORT;
}

/// Lists the teams of the space with their members.
#[derive(Deserialize, Serialize, JsonSchema)]
struct GetTeams {
    order: Option<Order>,
    offset: Option<Offset>,
    count: Option<Count>,
}

impl Endpoint for GetTeams {
    const NAME: &'static str = "get_teams";
    const TITLE: &'static str = "List teams";
    const CALL: Operation = Operation::get("teams");
    const PROJECTS: ProjectBinding = ProjectBinding::SpaceWide;
    const REST: Rest = Rest::OWN;
    const FIELDS: &'static [&'static str] = TEAM_FIELDS;
}
