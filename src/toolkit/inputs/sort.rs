//! The sort keys of issues: a field that every issue has, or a custom field.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::toolkit::{
    entity::{ENTITY, Entity},
    name_kind::{KEYWORD, NameKind},
};

/// The sort keys that every issue has.
pub(crate) const SORTS: [&str; 19] = [
    "issueType",
    "category",
    "version",
    "milestone",
    "summary",
    "status",
    "priority",
    "attachment",
    "sharedFile",
    "created",
    "createdUser",
    "updated",
    "updatedUser",
    "assignee",
    "startDate",
    "dueDate",
    "estimatedHours",
    "actualHours",
    "childIssue",
];

/// One of [`SORTS`], or `customField_12`. The name of a custom field is resolved earlier.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Sort(String);

impl Sort {
    /// Whether a text is a sort key without a lookup.
    pub(crate) fn is_one(text: &str) -> bool {
        let id = text.strip_prefix("customField_");
        let is_id = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        SORTS.contains(&text) || id.is_some_and(is_id)
    }
}

impl<'de> Deserialize<'de> for Sort {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match Self::is_one(&text) {
            true => Ok(Self(text)),
            false => Err(D::Error::custom(format!(
                "expected customField_ with an id, or one of {}",
                SORTS.join(", ")
            ))),
        }
    }
}

impl JsonSchema for Sort {
    fn schema_name() -> Cow<'static, str> {
        "Sort".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "enum": SORTS, KEYWORD: NameKind::Sort, ENTITY: Entity::CustomField})
    }
}
