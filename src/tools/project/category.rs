//! The categories of a project.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    inputs::{Category, ProjectId, ProjectIdOrKey, ProjectKey},
    name_list::NameList,
    project_binding::ProjectBinding,
    rest::Rest,
    tool::ApiTool,
};

/// Lists the categories of a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetCategories {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
}

impl ApiTool for GetCategories {
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
pub(in crate::tools) struct AddCategory {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    /// Display name
    name: String,
}

impl ApiTool for AddCategory {
    const NAME: &'static str = "add_category";
    const TITLE: &'static str = "Add category";
    const CALL: Operation = Operation::post("projects/{projectId|projectKey}/categories");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::Categories];
    const REST: Rest = Rest::SHORT;
}

/// Renames a category.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct UpdateCategory {
    project_id_or_key: ProjectIdOrKey,
    /// Category id or name
    id: Category,
    /// Display name
    name: String,
}

impl ApiTool for UpdateCategory {
    const NAME: &'static str = "update_category";
    const TITLE: &'static str = "Update category";
    const CALL: Operation = Operation::patch("projects/{projectIdOrKey}/categories/{id}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::Categories];
    const REST: Rest = Rest::SHORT;
}

/// Deletes a category and removes it from its issues.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct DeleteCategory {
    project_id_or_key: ProjectIdOrKey,
    /// Category id or name
    id: Category,
}

impl ApiTool for DeleteCategory {
    const NAME: &'static str = "delete_category";
    const TITLE: &'static str = "Delete category";
    const CALL: Operation = Operation::delete("projects/{projectIdOrKey}/categories/{id}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::Categories];
    const REST: Rest = Rest::SHORT;
}
