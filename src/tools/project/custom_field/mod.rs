//! The custom fields of a project.

pub(in crate::tools) mod item;
mod settings;

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use settings::{Settings, invalid, spread};

use crate::toolkit::{
    attempt::Backlog,
    error::ToolError,
    inputs::{CustomField, IssueType, ProjectId, ProjectIdOrKey, ProjectKey},
    name_list::NameList,
    outcome::Outcome,
    project_binding::ProjectBinding,
    rest::Rest,
    tool::{ApiTool, Effect, Tool, inputs},
};

/// Lists the custom fields of a project, with the items that can be chosen.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetCustomFields {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
}

impl ApiTool for GetCustomFields {
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

/// Adds a custom field to a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct AddCustomField {
    project_id_or_key: ProjectIdOrKey,
    /// Display name
    name: String,
    /// The type and its options: allowAddItem (lists, checkBox, radio), allowInput (checkBox,
    /// radio), min, max, initialValue and unit (numeric), min, max and initialDate or initialShift,
    /// the days from creation (date)
    settings: Settings,
    /// Choices; list types only
    items: Option<Vec<String>>,
    /// Free text
    description: Option<String>,
    /// Whether issues must have a value
    required: Option<bool>,
    /// Issue types by id or name; default all
    applicable_issue_types: Option<Vec<IssueType>>,
}

impl AddCustomField {
    const CALL: Operation = Operation::post("projects/{projectIdOrKey}/customFields");
}

impl Tool for AddCustomField {
    const NAME: &'static str = "add_custom_field";
    const TITLE: &'static str = "Add custom field";
    const EFFECT: Effect = Effect::of(Self::CALL.method());
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::CustomFields];
    const REST: Rest = Rest::CUSTOM_FIELDS;

    async fn run(self, backlog: &Backlog<'_>) -> Result<Outcome, ToolError> {
        if self.items.is_some() && !self.settings.is_list() {
            return Err(invalid("items", "only list types have items").into());
        }
        let mut inputs = inputs(&self);
        inputs.insert("typeId".to_owned(), json!(self.settings.type_id()));
        spread(&mut inputs)?;
        let request = Self::CALL.fill(inputs)?;
        backlog.fetch(request).await.map(Outcome::Json)
    }
}

/// Changes a custom field. For its items, use update_custom_field_item.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct UpdateCustomField {
    project_id_or_key: ProjectIdOrKey,
    /// Custom field id or name
    id: CustomField,
    /// Display name
    name: Option<String>,
    /// The type of the field and the options to change, as in add_custom_field
    settings: Option<Settings>,
    /// Free text; empty to remove
    #[schemars(extend("x-clearable" = true))]
    description: Option<String>,
    /// Whether issues must have a value
    required: Option<bool>,
    /// Issue types by id or name; at least one
    applicable_issue_types: Option<Vec<IssueType>>,
}

impl UpdateCustomField {
    const CALL: Operation = Operation::patch("projects/{projectIdOrKey}/customFields/{id}");
}

impl Tool for UpdateCustomField {
    const NAME: &'static str = "update_custom_field";
    const TITLE: &'static str = "Update custom field";
    const EFFECT: Effect = Effect::of(Self::CALL.method());
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::CustomFields];
    const REST: Rest = Rest::CUSTOM_FIELDS;
    const REQUEST: Option<Operation> = Some(Self::CALL);

    async fn run(self, backlog: &Backlog<'_>) -> Result<Outcome, ToolError> {
        if self
            .applicable_issue_types
            .as_ref()
            .is_some_and(Vec::is_empty)
        {
            // An empty list is not sent, and Backlog may not accept it.
            return Err(invalid("applicableIssueTypes", "an empty list changes nothing").into());
        }
        let mut inputs = inputs(&self);
        spread(&mut inputs)?;
        let request = Self::CALL.fill(inputs)?;
        backlog.fetch(request).await.map(Outcome::Json)
    }
}

/// Deletes a custom field and its values in all issues.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct DeleteCustomField {
    project_id_or_key: ProjectIdOrKey,
    /// Custom field id or name
    id: CustomField,
}

impl ApiTool for DeleteCustomField {
    const NAME: &'static str = "delete_custom_field";
    const TITLE: &'static str = "Delete custom field";
    const CALL: Operation = Operation::delete("projects/{projectIdOrKey}/customFields/{id}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::CustomFields];
    const REST: Rest = Rest::SHORT;
}
