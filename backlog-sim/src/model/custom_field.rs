//! Custom fields: their settings in a project, and their values in an issue.

use chrono::NaiveDate;
use serde::{Serialize, Serializer};

use super::id::Id;
use crate::wire::{date, number};

/// The types of custom fields; the numbers are Backlog's `typeId`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum FieldType {
    Text = 1,
    TextArea = 2,
    Numeric = 3,
    Date = 4,
    SingleList = 5,
    MultipleList = 6,
    CheckBox = 7,
    Radio = 8,
}

impl Serialize for FieldType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(*self as u8)
    }
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CustomField {
    pub id: Id,
    pub project_id: Id,
    pub type_id: FieldType,
    pub version: u32,
    pub name: String,
    pub description: String,
    pub required: bool,
    pub use_issue_type: bool,
    /// Empty for all issue types.
    pub applicable_issue_types: Vec<Id>,
    pub display_order: u32,
    #[serde(flatten)]
    pub settings: FieldSettings,
}

impl CustomField {
    pub(crate) fn applies_to(&self, issue_type: Id) -> bool {
        self.applicable_issue_types.is_empty() || self.applicable_issue_types.contains(&issue_type)
    }

    pub(crate) fn items(&self) -> &[FieldItem] {
        match &self.settings {
            FieldSettings::List { items, .. } => items,
            _ => &[],
        }
    }

    pub(crate) fn items_mut(&mut self) -> Option<&mut Vec<FieldItem>> {
        match &mut self.settings {
            FieldSettings::List { items, .. } => Some(items),
            _ => None,
        }
    }

    pub(crate) fn allows_input(&self) -> bool {
        matches!(
            self.settings,
            FieldSettings::List {
                allow_input: Some(true),
                ..
            }
        )
    }
}

/// The settings that only some types have.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub(crate) enum FieldSettings {
    Numeric {
        #[serde(serialize_with = "number")]
        min: Option<f64>,
        #[serde(serialize_with = "number")]
        max: Option<f64>,
        #[serde(serialize_with = "number")]
        initial_value: Option<f64>,
        unit: Option<String>,
    },
    Date {
        #[serde(serialize_with = "date")]
        min: Option<NaiveDate>,
        #[serde(serialize_with = "date")]
        max: Option<NaiveDate>,
        initial_date: Option<InitialDate>,
    },
    List {
        items: Vec<FieldItem>,
        allow_add_item: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        allow_input: Option<bool>,
    },
    Text {},
}

/// The initial value of a date field: 1 the day of creation, 2 some days later, 3 a fixed day.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct InitialDate {
    pub id: Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shift: Option<i64>,
    #[serde(serialize_with = "date", skip_serializing_if = "Option::is_none")]
    pub date: Option<NaiveDate>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FieldItem {
    pub id: Id,
    pub name: String,
    pub display_order: u32,
}

/// The value of a custom field on an issue.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FieldValue {
    Text(String),
    Number(f64),
    Date(NaiveDate),
    /// Items by id, and the free text that check boxes and radio buttons can have.
    Items {
        ids: Vec<Id>,
        other: Option<String>,
    },
}
