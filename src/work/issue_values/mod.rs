//! The values of an issue that inputs set, with names as ids.
//!
//! 1. Each input becomes a [`Setting`]: the argument of the classic tools, its value, and the text
//!    that a user reads. A word such as `none` removes the value.
//! 2. A setting is compared with an issue as Backlog returns it ([`current`]), so that only
//!    differences are written.

pub(super) mod current;
pub(super) mod custom_fields;
mod edit;
mod hours;
mod reader;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

pub(super) use custom_fields::CustomFields;
pub(crate) use edit::{Edit, reversed};
pub(crate) use reader::{Reader, summary};

/// The maximum number of characters of a text in a list of changes.
const MAX_SHOWN: usize = 60;

/// A custom field
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(crate) struct FieldInput {
    /// Its name
    pub name: String,
    /// Text, number, day, or items by name, separated by commas
    pub value: String,
}

/// The inputs that `create_issues` and `change_issues` share.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
pub(crate) struct IssueValues {
    /// Markdown
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Issue type by name
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub issue_type: Option<String>,
    /// By name
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// High, Normal or Low
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// Name, me, or nobody
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// 2026-12-18, tomorrow, friday, 金曜; +1 week from its own day
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// Same forms as due
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// Planned, such as 2.5
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<String>,
    /// Hours spent in all
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spent: Option<String>,
    /// Names; +A adds, -A removes
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milestone: Option<Vec<String>>,
    /// As milestone
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<Vec<String>>,
    /// By name
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution: Option<String>,
    /// Key
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Custom fields
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<FieldInput>>,
}

/// What a setting sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Summary,
    Description,
    Type,
    Status,
    Priority,
    Assignee,
    Due,
    Start,
    Hours,
    Spent,
    Milestone,
    Category,
    Resolution,
    Parent,
    /// A custom field by its id.
    Field(i64),
}

/// A value to set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Setting {
    pub target: Target,
    /// The name of the input, or of the custom field.
    pub label: String,
    /// Ids, a number, a day or a text; `null` removes the value.
    pub value: Value,
    /// The value as users read it; `None` if it is removed.
    pub shown: Option<String>,
}

impl Target {
    /// The argument of the classic tools.
    fn argument(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Description => "description",
            Self::Type => "issueTypeId",
            Self::Status => "statusId",
            Self::Priority => "priorityId",
            Self::Assignee => "assigneeId",
            Self::Due => "dueDate",
            Self::Start => "startDate",
            Self::Hours => "estimatedHours",
            Self::Spent => "actualHours",
            Self::Milestone => "milestoneId",
            Self::Category => "categoryId",
            Self::Resolution => "resolutionId",
            Self::Parent => "parentIssueId",
            Self::Field(_) => "customFields",
        }
    }
}

impl Setting {
    pub(crate) fn new(target: Target, label: &str, value: Value, shown: Option<String>) -> Self {
        Self {
            target,
            label: label.to_owned(),
            value,
            shown,
        }
    }

    /// Adds it to the arguments of a classic tool that adds or changes an issue.
    pub(crate) fn put(&self, arguments: &mut Map<String, Value>, is_new: bool) {
        let value = match &self.value {
            Value::Null if is_new => return,
            Value::Null if matches!(self.target, Target::Milestone | Target::Category) => json!([]),
            Value::Null => json!(""),
            value => value.clone(),
        };
        let argument = self.target.argument();
        match self.target {
            Target::Field(id) => {
                let fields = arguments.entry(argument).or_insert_with(|| json!([]));
                if let Value::Array(fields) = fields {
                    fields.push(match value {
                        // The items of a list, and its own text.
                        Value::Object(mut both) => {
                            both.insert("id".to_owned(), id.into());
                            Value::Object(both)
                        }
                        value => json!({"id": id, "value": value}),
                    });
                }
            }
            _ => {
                arguments.insert(argument.to_owned(), value);
            }
        }
    }
}
