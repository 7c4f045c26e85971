//! The items of custom fields of a list type.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    inputs::{CustomField, CustomFieldItem, ProjectIdOrKey},
    name_list::NameList,
    project_binding::ProjectBinding,
    rest::Rest,
    tool::ApiTool,
};

/// Adds an item to a list custom field.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct AddCustomFieldItem {
    project_id_or_key: ProjectIdOrKey,
    /// Custom field id or name
    custom_field_id: CustomField,
    /// Display name
    name: String,
}

impl ApiTool for AddCustomFieldItem {
    const NAME: &'static str = "add_custom_field_item";
    const TITLE: &'static str = "Add custom field item";
    const CALL: Operation =
        Operation::post("projects/{projectIdOrKey}/customFields/{customFieldId}/items");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::CustomFields];
    const REST: Rest = Rest::CUSTOM_FIELDS;
}

/// Renames an item of a list custom field.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct UpdateCustomFieldItem {
    project_id_or_key: ProjectIdOrKey,
    /// Custom field id or name
    custom_field_id: CustomField,
    /// Item id or name
    item_id: CustomFieldItem,
    /// Display name
    name: String,
}

impl ApiTool for UpdateCustomFieldItem {
    const NAME: &'static str = "update_custom_field_item";
    const TITLE: &'static str = "Update custom field item";
    const CALL: Operation =
        Operation::patch("projects/{projectIdOrKey}/customFields/{customFieldId}/items/{itemId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::CustomFields];
    const REST: Rest = Rest::CUSTOM_FIELDS;
}

/// Deletes an item of a list custom field and removes it from all issues.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct DeleteCustomFieldItem {
    project_id_or_key: ProjectIdOrKey,
    /// Custom field id or name
    custom_field_id: CustomField,
    /// Item id or name
    item_id: CustomFieldItem,
}

impl ApiTool for DeleteCustomFieldItem {
    const NAME: &'static str = "delete_custom_field_item";
    const TITLE: &'static str = "Delete custom field item";
    const CALL: Operation =
        Operation::delete("projects/{projectIdOrKey}/customFields/{customFieldId}/items/{itemId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const CHANGES: &'static [NameList] = &[NameList::CustomFields];
    const REST: Rest = Rest::CUSTOM_FIELDS;
}
