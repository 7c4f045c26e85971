//! The users of a project.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    toolkit::{
        inputs::{ProjectId, ProjectIdOrKey, ProjectKey, SpaceUser, User},
        name_list::NameList,
        project_binding::ProjectBinding,
        rest::Rest,
        tool::{ApiTool, Effect},
    },
    tools::user::USER_FIELDS,
};

/// Lists the members of a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetProjectUsers {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    /// true excludes members through a team only
    exclude_group_members: Option<bool>,
}

impl ApiTool for GetProjectUsers {
    const NAME: &'static str = "get_project_users";
    const TITLE: &'static str = "List project members";
    const CALL: Operation = Operation::get("projects/{projectId|projectKey}/users");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT.paged();
    const FIELDS: &'static [&'static str] = USER_FIELDS;
}

/// Adds a user to a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct AddProjectUser {
    project_id_or_key: ProjectIdOrKey,
    /// User id or name
    user_id: SpaceUser,
}

impl ApiTool for AddProjectUser {
    const NAME: &'static str = "add_project_user";
    const TITLE: &'static str = "Add project member";
    const CALL: Operation = Operation::post("projects/{projectIdOrKey}/users");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::Projects, NameList::ProjectUsers];
    const REST: Rest = Rest::SHORT;
    const EFFECT: Effect = Effect::of(Self::CALL.method()).gives_access().idempotent();
}

/// Removes a user from a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct RemoveProjectUser {
    project_id_or_key: ProjectIdOrKey,
    /// User id or name
    user_id: User,
}

impl ApiTool for RemoveProjectUser {
    const NAME: &'static str = "remove_project_user";
    const TITLE: &'static str = "Remove project member";
    const CALL: Operation = Operation::delete("projects/{projectIdOrKey}/users");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::Projects, NameList::ProjectUsers];
    const REST: Rest = Rest::SHORT;
}
