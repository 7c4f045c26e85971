//! Statuses, categories, issue types and custom fields of a project.

mod category;
mod custom_field;
mod custom_field_item;
mod issue_type;
pub(super) mod status;

use crate::toolkit::{declaration::Declaration, toolset::Toolset};

pub(super) fn tools() -> Vec<Declaration> {
    vec![
        Declaration::of::<status::AddStatus>(Toolset::Settings),
        Declaration::of::<status::UpdateStatus>(Toolset::Settings),
        Declaration::of::<status::DeleteStatus>(Toolset::Settings),
        Declaration::of::<status::ReorderStatuses>(Toolset::Settings),
        Declaration::of::<category::UpdateCategory>(Toolset::Settings),
        Declaration::of::<category::DeleteCategory>(Toolset::Settings),
        Declaration::of::<issue_type::AddIssueType>(Toolset::Settings),
        Declaration::of::<issue_type::UpdateIssueType>(Toolset::Settings),
        Declaration::of::<issue_type::DeleteIssueType>(Toolset::Settings),
        Declaration::of::<custom_field::AddCustomField>(Toolset::Settings),
        Declaration::of::<custom_field::UpdateCustomField>(Toolset::Settings),
        Declaration::of::<custom_field::DeleteCustomField>(Toolset::Settings),
        Declaration::of::<custom_field_item::AddCustomFieldItem>(Toolset::Settings),
        Declaration::of::<custom_field_item::UpdateCustomFieldItem>(Toolset::Settings),
        Declaration::of::<custom_field_item::DeleteCustomFieldItem>(Toolset::Settings),
    ]
}
