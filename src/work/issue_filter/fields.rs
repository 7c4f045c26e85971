//! Conditions on custom fields, which belong to projects.
//!
//! 1. The field is looked up by name in the projects of the call; exactly one has it.
//! 2. The value is read by the type of the field: a text to find, items, or a number or day or a
//!    range of either. An empty field is a check, because Backlog has no filter for it.

use backlog_words::{
    day::Toward,
    matching::{self, Candidate},
    removal::is_removal,
    span,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;

use super::{
    filter::FieldFilter,
    query::{Check, IssueQuery},
};
use crate::{
    toolkit::work::{Operations, Problems, WorkError},
    work::{
        issue_values::custom_fields::{
            DATE, NUMBER, ONE, SEVERAL, item, items, name, number, parts,
        },
        space::Space,
    },
};

/// The maximum number of projects of which the fields are read, and how many at the same time.
const MAX_PROJECTS: usize = 20;
const AT_ONCE: usize = 4;

/// Adds the conditions.
///
/// # Errors
/// A field is unknown or of several projects, a value is not of its type, or Backlog does not
/// return the fields.
pub(super) async fn add(
    operations: &dyn Operations,
    query: &mut IssueQuery,
    filters: &[FieldFilter],
) -> Result<(), WorkError> {
    if filters.is_empty() {
        return Ok(());
    }
    let number = query.projects.list.len();
    if number > MAX_PROJECTS {
        return Err(invalid(&format!(
            "custom fields belong to projects, and these are {number}; name the project"
        )));
    }
    let lists = stream::iter(query.projects.ids())
        .map(|id| operations.run("get_custom_fields", json!({"projectId": id})))
        .buffered(AT_ONCE);
    let lists: Vec<_> = lists.try_collect().await?;
    let fields: Vec<Value> = lists
        .into_iter()
        .filter_map(|list| list.value.as_array().cloned())
        .flatten()
        .collect();
    let mut problems = Problems::default();
    let mut conditions = Vec::new();
    for filter in filters {
        match condition(&fields, filter, &query.space) {
            Ok(Condition::Filter(condition)) => conditions.push(condition),
            Ok(Condition::Empty(id)) => query.checks.push(Check::WithoutField(id)),
            Err(reason) => problems.add(format!("fields: {reason}")),
        }
    }
    if !conditions.is_empty() {
        let conditions = Value::from(conditions);
        query
            .arguments
            .insert("customFields".to_owned(), conditions);
    }
    problems.end()
}

fn invalid(reason: &str) -> WorkError {
    WorkError::Arguments(format!("fields: {reason}"))
}

/// A condition on one field.
enum Condition {
    /// An element of `customFields` of `get_issues`.
    Filter(Value),
    /// The field with this id is empty.
    Empty(i64),
}

fn condition(fields: &[Value], filter: &FieldFilter, space: &Space) -> Result<Condition, String> {
    let candidate = |field: &Value| Some(Candidate::new(field["id"].as_i64()?, name(field)));
    let candidates: Vec<_> = fields.iter().filter_map(candidate).collect();
    let found = matching::find("custom field", &filter.name, &candidates);
    let id = found.map_err(|error| error.to_string())?.candidate.id;
    let field = fields.iter().find(|field| field["id"] == id);
    let field = field.expect("the candidates are the fields");
    let condition = value(field, id, &filter.value, space);
    condition.map_err(|reason| format!("{}: {reason}", name(field)))
}

fn value(field: &Value, id: i64, text: &str, space: &Space) -> Result<Condition, String> {
    let kind = field["typeId"].as_i64().unwrap_or_default();
    let items = items(field);
    if is_removal(text) && !items.iter().any(|item| item.name == text.trim()) {
        return Ok(Condition::Empty(id));
    }
    let mut condition = match kind {
        NUMBER => {
            let (min, max) = range(text)?;
            bounds("numeric", min.map(Value::from), max.map(Value::from))
        }
        DATE => {
            let span = span::read(text, &space.now, Toward::Nearest);
            let span = span.map_err(|error| error.to_string())?;
            let day = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string().into());
            bounds("date", day(span.start()), day(span.end()))
        }
        kind if ONE.contains(&kind) || SEVERAL.contains(&kind) => {
            let found = parts(&items, text, true).into_iter();
            let found: Result<Vec<_>, _> = found.map(|part| Ok(item(&items, part)?.id)).collect();
            json!({"type": "list", "value": found.map_err(|error: String| error)?})
        }
        _ => json!({"type": "text", "value": text}),
    };
    condition["id"] = id.into();
    Ok(Condition::Filter(condition))
}

fn bounds(kind: &str, min: Option<Value>, max: Option<Value>) -> Value {
    let mut condition = json!({"type": kind});
    for (name, bound) in [("min", min), ("max", max)] {
        if let Some(bound) = bound {
            condition[name] = bound;
        }
    }
    condition
}

/// Reads `5`, `1..5`, `1〜5`, `1..`, `..5`, `>=1`, `<=5`.
fn range(text: &str) -> Result<(Option<f64>, Option<f64>), String> {
    let plain: String = text.nfkc().collect();
    let plain = plain.trim().replace(['〜', '~'], "..");
    let bound = |text: &str| match text.trim().trim_matches('.') {
        "" => Ok(None),
        text => number(text).map(Some),
    };
    let from = plain.strip_prefix(">=").or(plain.strip_prefix('≥'));
    let to = plain.strip_prefix("<=").or(plain.strip_prefix('≤'));
    let read = match (from, to, plain.split_once("..")) {
        (Some(from), ..) => (bound(from)?, None),
        (_, Some(to), _) => (None, bound(to)?),
        (.., Some((from, to))) => (bound(from)?, bound(to)?),
        _ => (bound(&plain)?, bound(&plain)?),
    };
    match read {
        (None, None) => Err(format!(
            "expected a number or a range such as 1..5, >=1 or <=5, received {}",
            json!(text)
        )),
        (Some(min), Some(max)) if min > max => Err(format!("{min} is more than {max}")),
        read => Ok(read),
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;

    #[test]
    fn a_condition_is_read_by_the_type_of_its_field() {
        let now = "2026-12-02T01:00:00Z".parse().unwrap();
        let space = Space::new("https://acme.backlog.com", Tz::Asia__Tokyo, now);
        let items = json!([{"id": 1, "name": "S1"}, {"id": 2, "name": "S2"}]);
        for (kind, text, expected) in [
            (
                1,
                "urgent",
                Ok(json!({"type": "text", "value": "urgent", "id": 9})),
            ),
            (
                3,
                "５",
                Ok(json!({"type": "numeric", "min": 5.0, "max": 5.0, "id": 9})),
            ),
            (
                3,
                "1..5",
                Ok(json!({"type": "numeric", "min": 1.0, "max": 5.0, "id": 9})),
            ),
            (
                3,
                "1〜",
                Ok(json!({"type": "numeric", "min": 1.0, "id": 9})),
            ),
            (
                3,
                "<= 5",
                Ok(json!({"type": "numeric", "max": 5.0, "id": 9})),
            ),
            (
                3,
                "-2",
                Ok(json!({"type": "numeric", "min": -2.0, "max": -2.0, "id": 9})),
            ),
            (3, "many", Err("expected a number")),
            (3, "..", Err("expected a number or a range")),
            (3, "5..1", Err("5 is more than 1")),
            (
                4,
                "since 11/20",
                Ok(json!({"type": "date", "min": "2026-11-20", "id": 9})),
            ),
            (
                4,
                "this week",
                Ok(json!({"type": "date", "min": "2026-11-30", "max": "2026-12-06", "id": 9})),
            ),
            (5, "s1", Ok(json!({"type": "list", "value": [1], "id": 9}))),
            (
                8,
                "S2, s1",
                Ok(json!({"type": "list", "value": [2, 1], "id": 9})),
            ),
            (
                6,
                "S9",
                Err("unknown item \"S9\"; available, nearest first:"),
            ),
            (6, "なし", Ok(Value::Null)),
        ] {
            let field = json!({"id": 9, "name": "F", "typeId": kind, "items": items});
            let filter = FieldFilter {
                name: "f".to_owned(),
                value: text.to_owned(),
            };
            match (condition(&[field], &filter, &space), expected) {
                (Ok(Condition::Filter(read)), Ok(expected)) => assert_eq!(read, expected, "{text}"),
                (Ok(Condition::Empty(9)), Ok(Value::Null)) => {}
                (Err(error), Err(expected)) => assert!(error.contains(expected), "{text}: {error}"),
                (Ok(_), expected) => panic!("{text}: {expected:?}"),
                (Err(error), _) => panic!("{text}: {error}"),
            }
        }
    }
}
