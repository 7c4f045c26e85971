//! What the issues of a project are made of: statuses, categories, issue types, custom fields.

mod category;
mod custom_field;
mod custom_field_item;
mod issue_type;
pub(super) mod status;

use crate::mcp::{Toolset, router::Entry};

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::of::<status::AddStatus>(Toolset::Settings),
        Entry::of::<status::UpdateStatus>(Toolset::Settings),
        Entry::of::<status::DeleteStatus>(Toolset::Settings),
        Entry::of::<status::ReorderStatuses>(Toolset::Settings),
        Entry::of::<category::UpdateCategory>(Toolset::Settings),
        Entry::of::<category::DeleteCategory>(Toolset::Settings),
        Entry::of::<issue_type::AddIssueType>(Toolset::Settings),
        Entry::of::<issue_type::UpdateIssueType>(Toolset::Settings),
        Entry::of::<issue_type::DeleteIssueType>(Toolset::Settings),
        Entry::of::<custom_field::AddCustomField>(Toolset::Settings),
        Entry::of::<custom_field::UpdateCustomField>(Toolset::Settings),
        Entry::of::<custom_field::DeleteCustomField>(Toolset::Settings),
        Entry::of::<custom_field_item::AddCustomFieldItem>(Toolset::Settings),
        Entry::of::<custom_field_item::UpdateCustomFieldItem>(Toolset::Settings),
        Entry::of::<custom_field_item::DeleteCustomFieldItem>(Toolset::Settings),
    ]
}
