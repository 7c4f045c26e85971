//! The change of one field, of a comment or an activity: `status: Open → Closed`.
//!
//! A comment has `originalValue` and `newValue`, with names; an activity has `old_value` and
//! `new_value`, with ids, for which [`crate::Names`] has the names. Backlog's words for some fields
//! are not those of its forms (`assigner`, `component`, `limitDate`).

use serde_json::Value;

use crate::{Renderer, inline, json, names::NameKind, number::grouped};

/// The longest value of a change that is written.
const VALUE_CHARS: usize = 120;

/// The type of custom fields that hold a date.
const DATE_FIELD: &str = "4";

/// A field of issues, wiki pages and pull requests.
struct Field {
    word: &'static str,
    kind: Kind,
}

enum Kind {
    Text,
    /// A text of many lines, of which only the lengths are written.
    LongText,
    Day,
    Named(NameKind),
}

impl Renderer {
    /// Writes a change; `None` if it names no field.
    pub fn change(&self, change: &Value) -> Option<String> {
        let (old, new) = if has_ids(change) {
            (&change["old_value"], &change["new_value"])
        } else {
            (&change["originalValue"], &change["newValue"])
        };
        match change["field"].as_str()? {
            _ if is_custom(change) => self.custom_change(change, old, new),
            "attachment" => Some(file_change(change, old, new)),
            "notification" => Some(format!("notified: {}", value(new).unwrap_or_else(none))),
            name => {
                let field = field(name);
                let word = field.as_ref().map(|field| field.word.to_owned());
                let word = word.or_else(|| label(change))?;
                let kind = field.map_or(Kind::Text, |field| field.kind);
                Some(match kind {
                    Kind::LongText => lengths(&word, old, new),
                    Kind::Text => arrow(&word, value(old), value(new)),
                    Kind::Day => arrow(&word, self.day(old), self.day(new)),
                    Kind::Named(kind) => {
                        let shown = |name: &Value| {
                            if has_ids(change) {
                                named(name, |id| self.names.of(kind, id))
                            } else {
                                value(name)
                            }
                        };
                        arrow(&word, shown(old), shown(new))
                    }
                })
            }
        }
    }

    /// Writes all changes of a list.
    pub(crate) fn changes(&self, changes: &Value) -> Vec<String> {
        let changes = json::items(changes).iter();
        changes.filter_map(|change| self.change(change)).collect()
    }

    fn custom_change(&self, change: &Value, old: &Value, new: &Value) -> Option<String> {
        let info = &change["attributeInfo"];
        let id = change["field"]
            .as_str()
            .and_then(|field| field.strip_prefix("customField_"));
        let id = id.map(str::to_owned).or_else(|| json::id(&info["id"]));
        let known = id
            .as_deref()
            .and_then(|id| self.names.of(NameKind::CustomField, id));
        let word = known.map(str::to_owned).or_else(|| label(change))?;
        let is_date = json::id(&info["typeId"]).as_deref() == Some(DATE_FIELD);
        let shown = |item: &Value| match (is_date, &id) {
            (true, _) => self.day(item),
            (false, Some(id)) if has_ids(change) => {
                named(item, |item| self.names.of_item(id, item))
            }
            _ => value(item),
        };
        Some(arrow(&word, shown(old), shown(new)))
    }
}

/// Writes the names of one or more ids, separated by commas; the value as it is if one is unknown.
fn named<'a>(ids: &Value, name: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    let ids = value(ids)?;
    let names: Option<Vec<_>> = ids.split(',').map(|id| name(id.trim())).collect();
    Some(names.map_or(ids, |names| names.join(", ")))
}

/// Whether the values are ids, as in activities.
fn has_ids(change: &Value) -> bool {
    change.get("new_value").is_some() || change.get("old_value").is_some()
}

fn is_custom(change: &Value) -> bool {
    change["attributeInfo"].is_object()
        || change["type"] == "custom"
        || change["field"]
            .as_str()
            .is_some_and(|field| field.starts_with("customField_"))
}

/// Backlog's own label of a field, or its name.
fn label(change: &Value) -> Option<String> {
    json::text(&change["field_text"]).or_else(|| json::text(&change["field"]))
}

fn field(name: &str) -> Option<Field> {
    let (word, kind) = match name {
        "summary" => ("summary", Kind::Text),
        "description" => ("description", Kind::LongText),
        "content" => ("text", Kind::LongText),
        "status" => ("status", Kind::Named(NameKind::Status)),
        "assigner" | "assignee" => ("assignee", Kind::Named(NameKind::Person)),
        "issueType" => ("type", Kind::Named(NameKind::IssueType)),
        "priority" => ("priority", Kind::Named(NameKind::Priority)),
        "resolution" => ("resolution", Kind::Named(NameKind::Resolution)),
        "component" | "category" => ("category", Kind::Named(NameKind::Category)),
        "version" => ("version", Kind::Named(NameKind::Milestone)),
        "milestone" => ("milestone", Kind::Named(NameKind::Milestone)),
        "startDate" | "start_date" => ("start", Kind::Day),
        "limitDate" | "dueDate" | "limit_date" => ("due", Kind::Day),
        "reference_date" | "releaseDueDate" => ("release", Kind::Day),
        "estimatedHours" => ("planned hours", Kind::Text),
        "actualHours" => ("hours spent", Kind::Text),
        "parentIssue" | "parentIssueId" => ("parent", Kind::Text),
        _ => return None,
    };
    Some(Field { word, kind })
}

fn value(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => inline::excerpt(text, VALUE_CHARS),
        other => json::text(other)?,
    };
    (!text.is_empty()).then_some(text)
}

fn none() -> String {
    "none".to_owned()
}

fn arrow(word: &str, old: Option<String>, new: Option<String>) -> String {
    match (old, new) {
        (None, None) => format!("{word}: changed"),
        (old, new) => {
            let (old, new) = (old.unwrap_or_else(none), new.unwrap_or_else(none));
            format!("{word}: {old} → {new}")
        }
    }
}

fn lengths(word: &str, old: &Value, new: &Value) -> String {
    let length = |text: &Value| grouped(text.as_str().map_or(0, |text| text.chars().count()));
    format!(
        "{word}: changed ({} → {} characters)",
        length(old),
        length(new)
    )
}

fn file_change(change: &Value, old: &Value, new: &Value) -> String {
    let info = &change["attachmentInfo"];
    let named = json::text(&info["name"]);
    match (value(old), value(new)) {
        (Some(old), None) => format!("file removed: {old}"),
        (old, new) => {
            let name = new.or(named).or(old).unwrap_or_else(none);
            let id = json::id(&info["id"]).map(|id| format!(" (id {id})"));
            format!("file added: {name}{}", id.unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::names::Names;

    fn renderer() -> Renderer {
        let mut names = Names::default();
        names.add(
            NameKind::Status,
            &json!([{"id": 4, "name": "完了"}, {"id": 9001, "name": "レビュー中"}]),
        );
        names.add(
            NameKind::Milestone,
            &json!([{"id": 11, "name": "2026.11"}, {"id": 12, "name": "2027.01"}]),
        );
        let fields = json!([{"id": 92014, "name": "重大度", "items": [{"id": 1, "name": "S1"}]}]);
        names.add(NameKind::CustomField, &fields);
        Renderer::new("https://acme.backlog.com", chrono_tz::Asia::Tokyo).with_names(names)
    }

    #[test]
    fn a_change_of_a_comment_has_names() {
        let change = |field: &str, old: Value, new: Value| {
            let change = json!({"field": field, "originalValue": old, "newValue": new});
            renderer().change(&change)
        };
        for (field, old, new, expected) in [
            (
                "status",
                json!("Open"),
                json!("Closed"),
                "status: Open → Closed",
            ),
            (
                "assigner",
                json!(null),
                json!("佐藤 遥"),
                "assignee: none → 佐藤 遥",
            ),
            (
                "limitDate",
                json!("2026-10-20"),
                json!(""),
                "due: 2026-10-20 → none",
            ),
            (
                "limitDate",
                json!(null),
                json!("2026-10-19T15:00:00Z"),
                "due: none → 2026-10-20",
            ),
            ("component", json!("A"), json!("A, B"), "category: A → A, B"),
            (
                "estimatedHours",
                json!(null),
                json!(4.0),
                "planned hours: none → 4",
            ),
            (
                "description",
                json!("短い"),
                json!("長い\n文"),
                "description: changed (2 → 4 characters)",
            ),
            ("milestone", json!("11"), json!("12"), "milestone: 11 → 12"),
            (
                "commit",
                json!(null),
                json!("a1b2\n| x"),
                "commit: none → a1b2\\n\\| x",
            ),
            (
                "attachment",
                json!(null),
                json!("a.log"),
                "file added: a.log",
            ),
            (
                "attachment",
                json!("a.log"),
                json!(null),
                "file removed: a.log",
            ),
            (
                "notification",
                json!(null),
                json!("Ren Okabe"),
                "notified: Ren Okabe",
            ),
            (
                "somethingNew",
                json!(null),
                json!(null),
                "somethingNew: changed",
            ),
        ] {
            assert_eq!(change(field, old, new).as_deref(), Some(expected));
        }
        assert_eq!(renderer().change(&json!({"newValue": "x"})), None);
    }

    #[test]
    fn a_change_of_an_activity_has_names_for_its_ids() {
        let change = |field: &str, old: &str, new: &str| {
            let change =
                json!({"field": field, "old_value": old, "new_value": new, "type": "standard"});
            renderer().change(&change)
        };
        for (field, old, new, expected) in [
            ("status", "1", "4", "status: Open → 完了"),
            ("status", "9001", "7777", "status: レビュー中 → 7777"),
            ("status", "Open", "Closed", "status: Open → Closed"),
            (
                "milestone",
                "11",
                "11,12",
                "milestone: 2026.11 → 2026.11, 2027.01",
            ),
            ("resolution", "", "0", "resolution: none → Fixed"),
            ("customField_92014", "", "1", "重大度: none → S1"),
        ] {
            assert_eq!(change(field, old, new).as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_change_of_a_custom_field_has_its_name() {
        for (field, kind, old, new, expected) in [
            ("重大度", "5", "S2", "S1", "重大度: S2 → S1"),
            ("status", "1", "a", "b", "status: a → b"),
            (
                "Found on",
                "4",
                "",
                "2026-10-19T15:00:00Z",
                "Found on: none → 2026-10-20",
            ),
            ("# x\n", "1", "a", "b", "# x: a → b"),
        ] {
            let info = json!({"id": 1, "typeId": kind});
            let change = json!({"field": field, "originalValue": old, "newValue": new, "attributeInfo": info});
            assert_eq!(renderer().change(&change).as_deref(), Some(expected));
        }
    }

    #[test]
    fn an_added_file_has_the_id_that_reads_it() {
        for name in ["name", "type"] {
            let info = json!({"id": 660_418, name: "trace.log"});
            let change = json!({"field": "attachment", "originalValue": null, "newValue": "trace.log", "attachmentInfo": info});
            let expected = "file added: trace.log (id 660418)";
            assert_eq!(renderer().change(&change).as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_long_value_is_cut_and_says_so() {
        let change =
            json!({"field": "summary", "originalValue": "a", "newValue": "潮".repeat(300)});
        let written = renderer().change(&change).unwrap();
        assert!(
            written.ends_with("潮… (300 characters in all)"),
            "{written}"
        );
    }
}
