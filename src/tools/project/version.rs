//! The versions of a project, which are also its milestones.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    inputs::{Clearable, Date, ProjectId, ProjectKey, Version},
    name_list::NameList,
    project_binding::ProjectBinding,
    rest::Rest,
    tool::ApiTool,
};

/// Lists the versions and milestones of a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetVersionMilestoneList {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
}

impl ApiTool for GetVersionMilestoneList {
    const NAME: &'static str = "get_version_milestone_list";
    const TITLE: &'static str = "List versions and milestones";
    const CALL: Operation = Operation::get("projects/{projectId|projectKey}/versions");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN.paged();
    const FIELDS: &'static [&'static str] = &[
        "id",
        "projectId",
        "name",
        "description",
        "startDate",
        "releaseDueDate",
        "archived",
        "displayOrder",
    ];
}

/// Adds a version, which is a milestone as well, to a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct AddVersionMilestone {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    /// Display name
    name: String,
    /// Free text
    description: Option<String>,
    /// yyyy-MM-dd
    start_date: Option<Date>,
    /// yyyy-MM-dd
    release_due_date: Option<Date>,
}

impl ApiTool for AddVersionMilestone {
    const NAME: &'static str = "add_version_milestone";
    const TITLE: &'static str = "Add version or milestone";
    const CALL: Operation = Operation::post("projects/{projectId|projectKey}/versions");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::Versions];
    const REST: Rest = Rest::VERSIONS;
}

/// Changes a version or milestone of a project. The name is required; other omitted inputs stay
/// unchanged.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct UpdateVersionMilestone {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    /// Version id or name (get_version_milestone_list)
    id: Version,
    /// Display name
    name: String,
    /// Free text; empty to remove
    #[schemars(extend("x-clearable" = true))]
    description: Option<String>,
    /// yyyy-MM-dd; empty to remove
    start_date: Option<Clearable<Date>>,
    /// yyyy-MM-dd; empty to remove
    release_due_date: Option<Clearable<Date>>,
    /// true archives it, false reopens it
    archived: Option<bool>,
}

impl ApiTool for UpdateVersionMilestone {
    const NAME: &'static str = "update_version_milestone";
    const TITLE: &'static str = "Update version or milestone";
    const CALL: Operation = Operation::patch("projects/{projectId|projectKey}/versions/{id}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::Versions];
    const REST: Rest = Rest::VERSIONS;
}

/// Deletes a version or milestone and removes it from its issues.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct DeleteVersion {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    /// Version id or name (get_version_milestone_list)
    id: Version,
}

impl ApiTool for DeleteVersion {
    const NAME: &'static str = "delete_version";
    const TITLE: &'static str = "Delete version or milestone";
    const CALL: Operation = Operation::delete("projects/{projectId|projectKey}/versions/{id}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::Versions];
    const REST: Rest = Rest::SHORT;
}
