//! The issue types of a project.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    inputs::{IssueType, IssueTypeColor, ProjectId, ProjectIdOrKey, ProjectKey},
    name_list::NameList,
    project_binding::ProjectBinding,
    rest::Rest,
    tool::ApiTool,
};

/// Lists the issue types of a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetIssueTypes {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
}

impl ApiTool for GetIssueTypes {
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

/// Adds an issue type to a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct AddIssueType {
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

impl ApiTool for AddIssueType {
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
pub(in crate::tools) struct UpdateIssueType {
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

impl ApiTool for UpdateIssueType {
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
pub(in crate::tools) struct DeleteIssueType {
    project_id_or_key: ProjectIdOrKey,
    /// Issue type id or name
    id: IssueType,
    /// New issue type of its issues, by id or name
    substitute_issue_type_id: IssueType,
}

impl ApiTool for DeleteIssueType {
    const NAME: &'static str = "delete_issue_type";
    const TITLE: &'static str = "Delete issue type";
    const CALL: Operation = Operation::delete("projects/{projectIdOrKey}/issueTypes/{id}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::IssueTypes];
    const REST: Rest = Rest::SHORT;
}
