//! The issue types of a project.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Operation,
    toolkit::{
        inputs::{IssueType, IssueTypeColor, ProjectIdOrKey},
        name_list::NameList,
        project_binding::ProjectBinding,
        rest::Rest,
        tool::Endpoint,
    },
};

/// Adds an issue type to a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AddIssueType {
    project_id_or_key: ProjectIdOrKey,
    /// Display name
    name: String,
    /// Background color
    color: IssueTypeColor,
    /// Default title of new issues
    template_summary: Option<String>,
    /// Default description of new issues
    template_description: Option<String>,
}

impl Endpoint for AddIssueType {
    const NAME: &'static str = "add_issue_type";
    const TITLE: &'static str = "Add issue type";
    const CALL: Operation = Operation::post("projects/{projectIdOrKey}/issueTypes");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::IssueTypes];
    const REST: Rest = Rest::ISSUE_TYPES;
}

/// Changes an issue type.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdateIssueType {
    project_id_or_key: ProjectIdOrKey,
    /// Issue type id or name
    id: IssueType,
    /// Display name
    name: Option<String>,
    /// Background color
    color: Option<IssueTypeColor>,
    /// Default title of new issues; empty to remove
    #[schemars(extend("x-clearable" = true))]
    template_summary: Option<String>,
    /// Default description of new issues; empty to remove
    #[schemars(extend("x-clearable" = true))]
    template_description: Option<String>,
}

impl Endpoint for UpdateIssueType {
    const NAME: &'static str = "update_issue_type";
    const TITLE: &'static str = "Update issue type";
    const CALL: Operation = Operation::patch("projects/{projectIdOrKey}/issueTypes/{id}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::IssueTypes];
    const REST: Rest = Rest::ISSUE_TYPES;
}

/// Deletes an issue type and moves its issues to another.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeleteIssueType {
    project_id_or_key: ProjectIdOrKey,
    /// Issue type id or name
    id: IssueType,
    /// New issue type of its issues, by id or name
    substitute_issue_type_id: IssueType,
}

impl Endpoint for DeleteIssueType {
    const NAME: &'static str = "delete_issue_type";
    const TITLE: &'static str = "Delete issue type";
    const CALL: Operation = Operation::delete("projects/{projectIdOrKey}/issueTypes/{id}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::IssueTypes];
    const REST: Rest = Rest::SHORT;
}
