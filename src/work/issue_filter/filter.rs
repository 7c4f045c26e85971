//! The inputs of a filter.

use schemars::JsonSchema;
use serde::Deserialize;

/// A condition on a custom field
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct FieldFilter {
    /// Its name
    pub name: String,
    /// Text to find, items by name, a number or day, 1..5, or none
    pub value: String,
}

/// Which issues are meant; all filters must hold.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct IssueFilter {
    /// Keys or names; all that you have joined unless given
    pub project: Option<Vec<String>>,
    /// open (all but closed, own statuses included), closed, all, or names, separated by commas,
    /// with ! before those to exclude; open unless given
    pub status: Option<String>,
    /// Name, part of it, mail address, me, or nobody
    pub assignee: Option<String>,
    /// Same forms as assignee
    pub creator: Option<String>,
    /// Issue type by name
    #[serde(rename = "type")]
    pub issue_type: Option<String>,
    /// High, Normal or Low; 高, 中, 低
    pub priority: Option<String>,
    /// By name, or none
    pub category: Option<String>,
    /// By name, or none
    pub milestone: Option<String>,
    /// Key of the parent issue
    pub parent: Option<String>,
    /// Words that must all occur in summary, description or comments
    pub text: Option<String>,
    /// overdue, none, or a day or span: 2026-12-18, 2026-12-01..2026-12-18, today, this week, last
    /// 7 days, until friday, 今週
    pub due: Option<String>,
    /// Same spans as due
    pub created: Option<String>,
    /// Same spans as due; until 3 days ago: nothing happened since
    pub updated: Option<String>,
    /// Custom fields
    pub fields: Option<Vec<FieldFilter>>,
    /// When it was closed, and by the assignee if given; same spans as due
    pub closed: Option<String>,
}
