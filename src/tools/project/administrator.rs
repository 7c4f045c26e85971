//! The administrators of a project.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    toolkit::{
        inputs::{ProjectIdOrKey, User},
        project_binding::ProjectBinding,
        rest::Rest,
        tool::{ApiTool, Effect},
    },
    tools::user::USER_FIELDS,
};

/// Lists the administrators of a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetProjectAdministrators {
    project_id_or_key: ProjectIdOrKey,
}

impl ApiTool for GetProjectAdministrators {
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
pub(in crate::tools) struct AddProjectAdministrator {
    project_id_or_key: ProjectIdOrKey,
    /// User id or name
    user_id: User,
}

impl ApiTool for AddProjectAdministrator {
    const NAME: &'static str = "add_project_administrator";
    const TITLE: &'static str = "Add project administrator";
    const CALL: Operation = Operation::post("projects/{projectIdOrKey}/administrators");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
    const EFFECT: Effect = Effect::of(Self::CALL.method()).gives_access().idempotent();
}

/// Removes the administrator role from a project member.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct RemoveProjectAdministrator {
    project_id_or_key: ProjectIdOrKey,
    /// User id or name
    user_id: User,
}

impl ApiTool for RemoveProjectAdministrator {
    const NAME: &'static str = "remove_project_administrator";
    const TITLE: &'static str = "Remove project administrator";
    const CALL: Operation = Operation::delete("projects/{projectIdOrKey}/administrators");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}
