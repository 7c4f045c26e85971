//! Reduces the result of a change to the item and the fields that the call set.
//!
//! Backlog returns the whole item, which the caller can read at any time. The result of a deletion
//! stays whole, because nothing can read it later.

use serde_json::{Map, Value};

/// Fields that identify an item, or say what was done to it.
const ITEM: [&str; 9] = [
    "id",
    "issueKey",
    "projectKey",
    "number",
    "name",
    "title",
    "summary",
    "userId",
    "changeLog",
];

/// The word for a value that the call removed.
const NONE: &str = "none";

/// Keeps the fields of the item, and those that these inputs set.
pub(super) fn reduced(result: Value, inputs: &[String]) -> Value {
    match result {
        Value::Object(item) if names_item(&item) => {
            let kept = item.into_iter().filter_map(|(field, value)| {
                let is_set = inputs.iter().any(|input| sets(input, &field));
                let value = if is_set { or_none(value) } else { value };
                (is_set || ITEM.contains(&&*field)).then_some((field, value))
            });
            Value::Object(kept.collect())
        }
        other => other,
    }
}

fn names_item(item: &Map<String, Value>) -> bool {
    ["id", "issueKey", "number"]
        .iter()
        .any(|field| item.contains_key(*field))
}

/// Whether an input such as `categoryId` sets a field such as `category`.
fn sets(input: &str, field: &str) -> bool {
    if input == field {
        return true;
    }
    let bare = input.strip_suffix("Ids").or(input.strip_suffix("Id"));
    bare.is_some_and(|bare| {
        // Versions and attachments are in lists.
        field == bare || field.strip_suffix('s') == Some(bare)
    })
}

/// A value, or the word for none: an empty field would be left out.
fn or_none(value: Value) -> Value {
    let is_empty = match &value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    if is_empty { NONE.into() } else { value }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_item_and_what_the_call_set_remain() {
        let issue = json!({
            "id": 7, "issueKey": "A-1", "summary": "S", "description": "D", "status": {"id": 4, "name": "Closed"},
            "versions": [{"id": 1, "name": "1.0"}], "category": [], "dueDate": null, "startDate": null,
            "priority": {"id": 2, "name": "High"},
        });
        for (inputs, expected) in [
            (&["issueKey", "comment"][..], json!({})),
            (
                &["statusId", "dueDate"],
                json!({"status": {"id": 4, "name": "Closed"}, "dueDate": "none"}),
            ),
            (
                &["versionId", "categoryId"],
                json!({"versions": [{"id": 1, "name": "1.0"}], "category": "none"}),
            ),
            (&["description"], json!({"description": "D"})),
        ] {
            let inputs: Vec<_> = inputs.iter().map(|input| (*input).to_owned()).collect();
            let mut whole = json!({"id": 7, "issueKey": "A-1", "summary": "S"});
            let fields = whole.as_object_mut().unwrap();
            fields.extend(expected.as_object().unwrap().clone());
            assert_eq!(reduced(issue.clone(), &inputs), whole, "{inputs:?}");
        }
    }

    #[test]
    fn a_result_that_names_no_item_stays_whole() {
        for result in [
            json!({"success": true}),
            json!([{"id": 1, "x": 2}]),
            json!(3),
        ] {
            assert_eq!(reduced(result.clone(), &[]), result);
        }
    }
}
