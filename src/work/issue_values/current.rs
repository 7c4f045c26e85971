//! The values of an issue as Backlog returns it, in the form of settings.

use backlog_rendering::inline;
use chrono::NaiveDate;
use serde_json::{Value, json};

use super::{MAX_SHOWN, Setting, Target};
use crate::work::named::Named;

/// A value that an issue has.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Current {
    value: Value,
    shown: Option<String>,
}

/// A difference that a setting makes, such as `status: Open → Closed`; `None` if the issue has the
/// value.
pub(crate) fn difference(setting: &Setting, issue: &Value) -> Option<String> {
    let current = current(setting.target, issue);
    if is_same(&current.value, &setting.value) {
        return None;
    }
    let label = inline::line(&setting.label);
    let shown = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    Some(match setting.target {
        // The start of a long text says little about a change of it.
        Target::Description => format!(
            "{label}: {}",
            match (&current.shown, &setting.shown) {
                (None, _) => "added",
                (_, None) => "removed",
                _ => "replaced",
            }
        ),
        _ => format!(
            "{label}: {} → {}",
            shown(&current.shown),
            shown(&setting.shown)
        ),
    })
}

/// Whether two values are the same; a number may have several forms.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => (one - other).abs() < 0.001,
        _ => one == other,
    }
}

/// The value that an issue has.
pub(crate) fn current(target: Target, issue: &Value) -> Current {
    match target {
        Target::Summary => text(&issue["summary"]),
        Target::Description => text(&issue["description"]),
        Target::Type => named(&issue["issueType"]),
        Target::Status => named(&issue["status"]),
        Target::Priority => named(&issue["priority"]),
        Target::Assignee => named(&issue["assignee"]),
        Target::Due => day(&issue["dueDate"]),
        Target::Start => day(&issue["startDate"]),
        Target::Hours => number(&issue["estimatedHours"]),
        Target::Spent => number(&issue["actualHours"]),
        Target::Milestone => list(&issue["milestone"]),
        Target::Category => list(&issue["category"]),
        Target::Resolution => named(&issue["resolution"]),
        Target::Parent => Current {
            value: issue["parentIssueId"].clone(),
            shown: issue["parentIssueId"]
                .as_i64()
                .map(|_| "another issue".to_owned()),
        },
        Target::Field(id) => {
            let mut fields = issue["customFields"].as_array().into_iter().flatten();
            let field = fields.find(|field| field["id"] == id);
            field.map_or_else(|| text(&Value::Null), own_text_or_value)
        }
    }
}

/// The day that an issue has.
pub(super) fn day_of(target: Target, issue: &Value) -> Option<NaiveDate> {
    current(target, issue).shown?.parse().ok()
}

/// The milestones or categories that an issue has.
pub(super) fn names_of(target: Target, issue: &Value) -> Vec<Named> {
    let items = match target {
        Target::Milestone => &issue["milestone"],
        _ => &issue["category"],
    };
    let items = items.as_array().into_iter().flatten();
    let named = items.filter_map(|item| {
        let name = item["name"].as_str()?.to_owned();
        Some(Named {
            id: item["id"].as_i64()?,
            name,
        })
    });
    named.collect()
}

fn text(value: &Value) -> Current {
    let text = value.as_str().filter(|text| !text.is_empty());
    Current {
        value: text.map_or(Value::Null, Value::from),
        shown: text.map(|text| inline::excerpt(text, MAX_SHOWN)),
    }
}

fn named(value: &Value) -> Current {
    Current {
        value: value["id"].clone(),
        shown: value["name"].as_str().map(inline::line),
    }
}

/// Backlog returns a day as a midnight.
fn day(value: &Value) -> Current {
    let day = value.as_str().and_then(|text| text.get(..10));
    Current {
        value: day.map_or(Value::Null, Value::from),
        shown: day.map(str::to_owned),
    }
}

fn number(value: &Value) -> Current {
    Current {
        value: value.clone(),
        shown: value.as_f64().map(|number| number.to_string()),
    }
}

fn list(value: &Value) -> Current {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut ids: Vec<_> = items
        .iter()
        .filter_map(|item| item["id"].as_i64())
        .collect();
    ids.sort_unstable();
    if ids.is_empty() {
        return Current {
            value: Value::Null,
            shown: None,
        };
    }
    let names = items.iter().filter_map(|item| item["name"].as_str());
    let names: Vec<_> = names.map(inline::line).collect();
    Current {
        value: ids.into(),
        shown: Some(names.join(", ")),
    }
}

/// The own text of a list, or else its items, or the value of another field.
fn own_text_or_value(field: &Value) -> Current {
    let other = text(&field["otherValue"]);
    let value = field_value(&field["value"]);
    match (other.shown, value.shown) {
        (Some(own), items) => Current {
            value: json!({"value": value.value, "otherValue": other.value}),
            shown: Some(items.map_or_else(|| own.clone(), |items| format!("{items}, {own}"))),
        },
        (None, shown) => Current {
            value: value.value,
            shown,
        },
    }
}

fn field_value(value: &Value) -> Current {
    match value {
        Value::Array(_) => list(value),
        Value::Object(_) => named(value),
        Value::Number(_) => number(value),
        Value::String(day) if is_midnight(day) => Current {
            value: json!(day[..10]),
            shown: Some(day[..10].to_owned()),
        },
        value => text(value),
    }
}

/// Whether a text is a day as Backlog returns it.
fn is_midnight(text: &str) -> bool {
    text.len() == 20 && text.is_ascii() && text.ends_with("T00:00:00Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_difference_is_reported() {
        let issue = json!({
            "summary": "Crane", "description": "Old", "status": {"id": 1, "name": "Open"},
            "assignee": null, "dueDate": "2026-12-04T00:00:00Z", "estimatedHours": 2.0,
            "milestone": [{"id": 8, "name": "B"}, {"id": 7, "name": "A"}], "category": [],
            "parentIssueId": 5,
            "customFields": [
                {"id": 1, "value": "2026-12-01T00:00:00Z"}, {"id": 2, "value": {"id": 3, "name": "S1"}},
                {"id": 4, "value": [{"id": 6, "name": "x"}]}, {"id": 9, "value": 2},
            ],
        });
        let set = |target, value: Value, shown: &str| {
            let shown = Some(shown.to_owned()).filter(|shown| !shown.is_empty());
            difference(&Setting::new(target, "it", value, shown), &issue)
        };
        for (target, value, shown, expected) in [
            (Target::Summary, json!("Crane"), "Crane", None),
            (
                Target::Description,
                json!("New"),
                "New",
                Some("it: replaced"),
            ),
            (Target::Description, Value::Null, "", Some("it: removed")),
            (
                Target::Status,
                json!(4),
                "Closed",
                Some("it: Open → Closed"),
            ),
            (Target::Status, json!(1), "Open", None),
            (Target::Assignee, Value::Null, "", None),
            (Target::Assignee, json!(9), "Maja", Some("it: none → Maja")),
            (Target::Due, json!("2026-12-04"), "2026-12-04", None),
            (Target::Due, Value::Null, "", Some("it: 2026-12-04 → none")),
            (Target::Hours, json!(2), "2", None),
            (Target::Hours, json!(2.5), "2.5", Some("it: 2 → 2.5")),
            (Target::Milestone, json!([7, 8]), "A, B", None),
            (Target::Milestone, json!([7]), "A", Some("it: B, A → A")),
            (Target::Category, Value::Null, "", None),
            (Target::Parent, json!(5), "H-1", None),
            (
                Target::Parent,
                Value::Null,
                "",
                Some("it: another issue → none"),
            ),
            (Target::Field(1), json!("2026-12-01"), "2026-12-01", None),
            (Target::Field(2), json!(3), "S1", None),
            (Target::Field(4), json!([6]), "x", None),
            (Target::Field(9), json!(2.0), "2", None),
            (Target::Field(99), json!("a"), "a", Some("it: none → a")),
        ] {
            assert_eq!(
                set(target, value.clone(), shown).as_deref(),
                expected,
                "{target:?} {value}"
            );
        }
    }
}
