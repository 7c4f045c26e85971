//! The teams of a project.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    toolkit::{
        inputs::{ProjectIdOrKey, Team},
        name_list::NameList,
        project_binding::ProjectBinding,
        rest::Rest,
        tool::{ApiTool, Effect},
    },
    tools::team::TEAM_FIELDS,
};

/// Lists the teams of a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetProjectTeams {
    project_id_or_key: ProjectIdOrKey,
}

impl ApiTool for GetProjectTeams {
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
pub(in crate::tools) struct AddProjectTeam {
    project_id_or_key: ProjectIdOrKey,
    /// Team id or name
    team_id: Team,
}

impl ApiTool for AddProjectTeam {
    const NAME: &'static str = "add_project_team";
    const TITLE: &'static str = "Add project team";
    const CALL: Operation = Operation::post("projects/{projectIdOrKey}/teams");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::Projects];
    const REST: Rest = Rest::SHORT;
    const EFFECT: Effect = Effect::of(Self::CALL.method()).gives_access().idempotent();
}

/// Removes a team from a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct RemoveProjectTeam {
    project_id_or_key: ProjectIdOrKey,
    /// Team id or name
    team_id: Team,
}

impl ApiTool for RemoveProjectTeam {
    const NAME: &'static str = "remove_project_team";
    const TITLE: &'static str = "Remove project team";
    const CALL: Operation = Operation::delete("projects/{projectIdOrKey}/teams");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::Projects];
    const REST: Rest = Rest::SHORT;
}
