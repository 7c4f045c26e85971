//! The values that classify issues: priorities, types, statuses, categories, custom fields,
//! resolutions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Operation,
    toolkit::{
        inputs::{ProjectId, ProjectKey},
        name_list::NameList,
        project_binding::ProjectBinding,
        rest::Rest,
        tool::Endpoint,
    },
    tools::settings::status::STATUS_FIELDS,
};

/// The fields of a priority or a resolution.
const CHOICE_FIELDS: &[&str] = &["id", "name"];

/// Lists the priorities that an issue can have.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(super) struct GetPriorities {}

impl Endpoint for GetPriorities {
    const NAME: &'static str = "get_priorities";
    const TITLE: &'static str = "List priorities";
    const CALL: Operation = Operation::get("priorities");
    const PROJECTS: ProjectBinding = ProjectBinding::SpaceWide;
    const REST: Rest = Rest::SHORT;
    const FIELDS: &'static [&'static str] = CHOICE_FIELDS;
}

/// Lists the issue types of a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetIssueTypes {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
}

impl Endpoint for GetIssueTypes {
    const NAME: &'static str = "get_issue_types";
    const TITLE: &'static str = "List issue types";
    const CALL: Operation = Operation::get("projects/{projectId|projectKey}/issueTypes");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN.paged();
    const FIELDS: &'static [&'static str] = &[
        "id",
        "projectId",
        "name",
        "color",
        "displayOrder",
        "templateSummary",
        "templateDescription",
    ];
}

/// Lists the statuses of a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetStatuses {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
}

impl Endpoint for GetStatuses {
    const NAME: &'static str = "get_statuses";
    const TITLE: &'static str = "List statuses";
    const CALL: Operation = Operation::get("projects/{projectId|projectKey}/statuses");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
    const FIELDS: &'static [&'static str] = STATUS_FIELDS;
}

/// Lists the categories of a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetCategories {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
}

impl Endpoint for GetCategories {
    const NAME: &'static str = "get_categories";
    const TITLE: &'static str = "List categories";
    const CALL: Operation = Operation::get("projects/{projectId|projectKey}/categories");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT.paged();
    const FIELDS: &'static [&'static str] = &["id", "projectId", "name", "displayOrder"];
}

/// Adds a category to a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AddCategory {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    /// Display name
    name: String,
}

impl Endpoint for AddCategory {
    const NAME: &'static str = "add_category";
    const TITLE: &'static str = "Add category";
    const CALL: Operation = Operation::post("projects/{projectId|projectKey}/categories");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::Categories];
    const REST: Rest = Rest::SHORT;
}

/// Lists the custom fields of a project, with the items that can be chosen.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetCustomFields {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
}

impl Endpoint for GetCustomFields {
    const NAME: &'static str = "get_custom_fields";
    const TITLE: &'static str = "List custom fields";
    const CALL: Operation = Operation::get("projects/{projectId|projectKey}/customFields");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN.paged();
    const FIELDS: &'static [&'static str] = &[
        "id",
        "projectId",
        "typeId",
        "name",
        "description",
        "required",
        "useIssueType",
        "applicableIssueTypes",
        "displayOrder",
        "version",
        "min",
        "max",
        "initialValue",
        "unit",
        "initialDate",
        "items",
        "allowAddItem",
        "allowInput",
    ];
}

/// Lists the resolutions that a closed issue can have.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(super) struct GetResolutions {}

impl Endpoint for GetResolutions {
    const NAME: &'static str = "get_resolutions";
    const TITLE: &'static str = "List resolutions";
    const CALL: Operation = Operation::get("resolutions");
    const PROJECTS: ProjectBinding = ProjectBinding::SpaceWide;
    const REST: Rest = Rest::SHORT;
    const FIELDS: &'static [&'static str] = CHOICE_FIELDS;
}
