//! A filter as arguments of `get_issues`, and the checks for which Backlog has no filter.

use backlog_words::span::Span;
use serde_json::{Map, Value};

use crate::work::{
    closings::Closings,
    projects::Projects,
    space::{Space, moment},
};

/// The arguments of `get_issues`.
pub(super) type Arguments = Map<String, Value>;

/// Which issues are meant, with names as ids.
#[derive(Clone, Debug)]
pub(crate) struct IssueQuery {
    pub space: Space,
    /// The projects of the filter, or all that the user has joined.
    pub projects: Projects,
    /// How inputs were read where it was not obvious.
    pub notes: Vec<String>,
    /// The filters that Backlog applies. They may let more issues through than the checks.
    pub(super) arguments: Arguments,
    /// The spans of days as Backlog counts them, instead of the wider ones in `arguments`.
    pub(super) backlog_days: Arguments,
    pub(super) checks: Vec<Check>,
    /// The words that must occur besides the one in `arguments`.
    pub(super) words: Vec<String>,
    /// The issues that were closed in the period, if only these are meant.
    pub(super) closings: Option<Closings>,
}

/// A condition for which Backlog has no filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    NotClosed,
    Unassigned,
    WithoutMilestone,
    WithoutCategory,
    /// The custom field with this id is empty.
    WithoutField(i64),
    /// The day of a moment in the time zone of the space; it is not documented in which one
    /// Backlog's filters count.
    Day(&'static str, Span),
}

impl Check {
    pub(crate) fn holds(self, issue: &Value, space: &Space) -> bool {
        let is_empty = |field: &str| issue[field].as_array().is_none_or(Vec::is_empty);
        match self {
            Self::NotClosed => !is_closed(issue),
            Self::Unassigned => issue["assignee"].is_null(),
            Self::WithoutMilestone => is_empty("milestone"),
            Self::WithoutCategory => is_empty("category"),
            Self::WithoutField(id) => {
                let mut fields = issue["customFields"].as_array().into_iter().flatten();
                let field = fields.find(|field| field["id"] == id);
                field.is_none_or(|field| {
                    let is_none = |value: &Value| match value {
                        Value::Null => true,
                        Value::String(text) => text.is_empty(),
                        Value::Array(items) => items.is_empty(),
                        _ => false,
                    };
                    is_none(&field["value"]) && is_none(&field["otherValue"])
                })
            }
            Self::Day(field, span) => {
                moment(&issue[field]).is_some_and(|moment| span.contains(space.day(moment)))
            }
        }
    }
}

/// Whether the status of an issue is closed.
pub(crate) fn is_closed(issue: &Value) -> bool {
    issue["status"]["id"] == backlog_words::status::Builtin::Closed.id()
}

impl IssueQuery {
    /// The same filter, limited to issues with one more word.
    pub(crate) fn with_word(&self, word: &str) -> Self {
        let mut query = self.clone();
        if query.arguments.contains_key("keyword") {
            query.words.push(word.to_owned());
        } else {
            query.arguments.insert("keyword".to_owned(), word.into());
        }
        query
    }

    /// Whether Backlog applies all of it.
    pub(super) fn is_plain(&self) -> bool {
        self.checks.is_empty() && self.words.is_empty() && self.closings.is_none()
    }
}
