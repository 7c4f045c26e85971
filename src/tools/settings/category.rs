//! Changing and deleting the categories of a project.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Operation,
    toolkit::{
        inputs::{Category, ProjectIdOrKey},
        name_list::NameList,
        project_binding::ProjectBinding,
        rest::Rest,
        tool::Endpoint,
    },
};

/// Renames a category.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdateCategory {
    project_id_or_key: ProjectIdOrKey,
    /// Category id or name
    id: Category,
    /// Display name
    name: String,
}

impl Endpoint for UpdateCategory {
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
pub(super) struct DeleteCategory {
    project_id_or_key: ProjectIdOrKey,
    /// Category id or name
    id: Category,
}

impl Endpoint for DeleteCategory {
    const NAME: &'static str = "delete_category";
    const TITLE: &'static str = "Delete category";
    const CALL: Operation = Operation::delete("projects/{projectIdOrKey}/categories/{id}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::Categories];
    const REST: Rest = Rest::SHORT;
}
