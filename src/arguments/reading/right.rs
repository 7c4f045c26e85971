//! Checks whether a value already has the form that its input's type expects: the usual case, in
//! which nothing is copied.

use backlog_words::key;
use rmcp::model::JsonObject;
use serde_json::{Number, Value};

use super::{custom_field, document_id, inputs::Inputs, number::is_whole};
use crate::toolkit::{
    input_kind::{Input, InputKind, Mark},
    inputs::{SORTS, is_date},
    name_kind::NameKind,
};

impl Inputs {
    /// Whether all arguments have the names of inputs, and need no conversion.
    pub(crate) fn are_right(&self, arguments: &JsonObject) -> bool {
        let is_right = |(name, value): (&String, &Value)| {
            self.input(name).is_some_and(|input| input.is_right(value))
        };
        arguments.iter().all(is_right)
            && !self.changes_nothing(arguments)
            && self.pair(arguments).is_none()
    }
}

impl Input {
    pub(crate) fn is_right(&self, value: &Value) -> bool {
        match (&self.kind, value) {
            (InputKind::Marked(Mark::CustomFieldValues), value) => {
                custom_field::are_right_values(value)
            }
            (InputKind::Marked(Mark::CustomFieldFilters), value) => {
                custom_field::are_right_filters(value)
            }
            (_, Value::Array(items)) if self.is_list => {
                !items.is_empty() && items.iter().all(|item| self.is_right_one(item))
            }
            _ if self.is_list => false,
            (InputKind::Other, value) => {
                value.is_object() || value.is_number() || value.is_boolean()
            }
            (_, value) => self.is_right_one(value),
        }
    }

    fn is_right_one(&self, value: &Value) -> bool {
        let is_within = match (self.range, value) {
            (Some(range), Value::Number(number)) => range.has(number),
            _ => true,
        };
        is_within && self.kind.is_right(value)
    }
}

impl InputKind {
    /// Checks one value, apart from the input's [range](crate::toolkit::input_kind::range).
    pub(crate) fn is_right(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Text, Value::String(text)) => !text.is_empty(),
            (Self::Choice(words), Value::String(text)) => words.contains(text),
            (Self::Other, Value::Null) => false,
            (Self::Boolean, Value::Bool(_)) | (Self::Other, _) => true,
            (Self::Named(kind), Value::String(text)) => is_right_name(*kind, text),
            (Self::Named(kind), Value::Number(number)) => {
                *kind == NameKind::Resolution || is_some(number)
            }
            (Self::Marked(mark), value) => mark.is_right(value),
            _ => false,
        }
    }
}

fn is_some(number: &Number) -> bool {
    number.as_u64().is_some_and(|number| number > 0)
}

/// Whether a name needs no conversion. Names are compared regardless of width, so only texts that
/// are not names need it.
fn is_right_name(kind: NameKind, text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    match kind {
        NameKind::Issue => key::is_issue(text),
        NameKind::Project => key::is_project(text),
        NameKind::Sort => SORTS.contains(&text),
        // The text must not be blank, JSON, or a word such as `none`.
        _ => {
            !text.is_empty()
                && text.len() <= 64
                && text.bytes().all(is_plain)
                && !text.bytes().all(|byte| byte.is_ascii_digit())
                && !["none", "null"]
                    .iter()
                    .any(|word| text.eq_ignore_ascii_case(word))
        }
    }
}

impl Mark {
    fn is_right(self, value: &Value) -> bool {
        match (self, value) {
            (Self::OnlyFalse, Value::Bool(given)) => !given,
            (Self::Integer | Self::Activity, Value::Number(number)) => is_whole(number),
            (Self::Decimal, Value::Number(_)) => true,
            (Self::WikiPage | Self::IssueId | Self::IssueIdOrKey, Value::Number(number)) => {
                is_some(number)
            }
            (Self::IssueKey | Self::IssueIdOrKey, Value::String(text)) => key::is_issue(text),
            (Self::ProjectKey, Value::String(text)) => key::is_project(text),
            (Self::Document, Value::String(text)) => {
                document_id::is_valid(text) && document_id::normalized(text) == text.as_str()
            }
            (Self::RepositoryName, Value::String(text)) => {
                let sign = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
                !text.is_empty() && text.len() <= 256 && text.bytes().all(sign)
            }
            (Self::Date, Value::String(text)) => is_date(text),
            _ => false,
        }
    }
}
