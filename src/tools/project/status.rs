//! The statuses of a project: Backlog's own four, and up to eight more.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    inputs::{ProjectId, ProjectIdOrKey, ProjectKey, Status, StatusColor},
    name_list::NameList,
    project_binding::ProjectBinding,
    rest::Rest,
    tool::{ApiTool, Effect},
};

/// The fields of a status.
pub(in crate::tools) const STATUS_FIELDS: &[&str] =
    &["id", "projectId", "name", "color", "displayOrder"];

/// Lists the statuses of a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetStatuses {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
}

impl ApiTool for GetStatuses {
    const NAME: &'static str = "get_statuses";
    const TITLE: &'static str = "List statuses";
    const CALL: Operation = Operation::get("projects/{projectId|projectKey}/statuses");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
    const FIELDS: &'static [&'static str] = STATUS_FIELDS;
}

/// Adds a custom status to a project, which can have up to 8.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct AddStatus {
    project_id_or_key: ProjectIdOrKey,
    /// Display name
    name: String,
    /// Background color
    color: StatusColor,
}

impl ApiTool for AddStatus {
    const NAME: &'static str = "add_status";
    const TITLE: &'static str = "Add status";
    const CALL: Operation = Operation::post("projects/{projectIdOrKey}/statuses");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::Statuses];
    const REST: Rest = Rest::SHORT;
}

/// Changes a custom status of a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct UpdateStatus {
    project_id_or_key: ProjectIdOrKey,
    /// Status id or name
    id: Status,
    /// Display name
    name: Option<String>,
    /// Background color
    color: Option<StatusColor>,
}

impl ApiTool for UpdateStatus {
    const NAME: &'static str = "update_status";
    const TITLE: &'static str = "Update status";
    const CALL: Operation = Operation::patch("projects/{projectIdOrKey}/statuses/{id}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::Statuses];
    const REST: Rest = Rest::SHORT;
}

/// Deletes a custom status of a project and moves its issues to another.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct DeleteStatus {
    project_id_or_key: ProjectIdOrKey,
    /// Status id or name
    id: Status,
    /// New status of its issues, by id or name
    substitute_status_id: Status,
}

impl ApiTool for DeleteStatus {
    const NAME: &'static str = "delete_status";
    const TITLE: &'static str = "Delete status";
    const CALL: Operation = Operation::delete("projects/{projectIdOrKey}/statuses/{id}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::Statuses];
    const REST: Rest = Rest::SHORT;
}

/// Reorders the statuses of a project: Open first, Closed last, In Progress before Resolved.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct ReorderStatuses {
    project_id_or_key: ProjectIdOrKey,
    /// All statuses of the project by id or name, in order
    status_id: Vec<Status>,
}

impl ApiTool for ReorderStatuses {
    const NAME: &'static str = "reorder_statuses";
    const TITLE: &'static str = "Reorder statuses";
    const CALL: Operation =
        Operation::patch("projects/{projectIdOrKey}/statuses/updateDisplayOrder");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::Statuses];
    const REST: Rest = Rest::SHORT;
    // The statuses stay; only their places change.
    const EFFECT: Effect = Effect::of(Self::CALL.method()).recoverable();
    const FIELDS: &'static [&'static str] = STATUS_FIELDS;
}
