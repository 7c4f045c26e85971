//! Moves the project of a call into the input that the tool has for it.

use rmcp::model::JsonObject;
use serde_json::Value;

use crate::toolkit::{parse::names_nothing, tool::PROJECT};

/// For a tool with the input [`PROJECT`], moves a value there that was given under the name that
/// other tools use. This happens before the arguments are checked.
///
/// A name with a different value stays, and is later reported as given twice.
pub(crate) fn settle_project(arguments: &mut JsonObject) {
    for name in ["projectId", "projectKey"] {
        let Some(given) = arguments.get(name) else {
            continue;
        };
        let is_empty = names_nothing(given);
        let there = arguments.get(PROJECT).filter(|value| !names_nothing(value));
        if !is_empty && there.is_some_and(|there| !is_same(there, given)) {
            continue;
        }
        let is_used = !is_empty && there.is_none();
        if let Some(value) = arguments.shift_remove(name)
            && is_used
        {
            arguments.insert(PROJECT.to_owned(), value);
        }
    }
}

/// Whether two values are the same id, or the same key in any case.
pub(crate) fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => one.eq_ignore_ascii_case(other),
        (Value::String(text), Value::Number(number))
        | (Value::Number(number), Value::String(text)) => *text == number.to_string(),
        (one, other) => one == other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_project_has_three_names() {
        for (given, settled) in [
            (json!({"projectIdOrKey": "A"}), json!("A")),
            (json!({"projectKey": "A"}), json!("A")),
            (json!({"projectId": 7}), json!(7)),
            (json!({"projectKey": "A", "projectId": 0}), json!("A")),
            (json!({"projectKey": "", "projectId": 7}), json!(7)),
            (
                json!({"projectIdOrKey": "A", "projectKey": "a"}),
                json!("A"),
            ),
            (json!({"projectIdOrKey": 7, "projectId": "7"}), json!(7)),
            (
                json!({"projectIdOrKey": "A", "projectId": null, "projectKey": ""}),
                json!("A"),
            ),
            (
                json!({"projectIdOrKey": null, "projectKey": "A"}),
                json!("A"),
            ),
            (json!({"projectIdOrKey": "", "projectKey": "A"}), json!("A")),
            (json!({}), Value::Null),
        ] {
            let mut arguments = given.as_object().cloned().expect("an object");
            settle_project(&mut arguments);
            let found = arguments.shift_remove(PROJECT).unwrap_or_default();
            assert_eq!(found, settled, "{given}");
            assert!(arguments.is_empty(), "{given}");
        }
    }

    #[test]
    fn another_project_stays_where_it_was_given() {
        for (given, settled, left) in [
            (
                json!({"projectKey": "A", "projectId": 7}),
                json!(7),
                json!({"projectKey": "A"}),
            ),
            (
                json!({"projectIdOrKey": "A", "projectId": 7}),
                json!("A"),
                json!({"projectId": 7}),
            ),
            (
                json!({"projectIdOrKey": "A", "projectKey": "B"}),
                json!("A"),
                json!({"projectKey": "B"}),
            ),
        ] {
            let mut arguments = given.as_object().cloned().expect("an object");
            settle_project(&mut arguments);
            let found = arguments.shift_remove(PROJECT).unwrap_or_default();
            assert_eq!(found, settled, "{given}");
            assert_eq!(Value::Object(arguments), left, "{given}");
        }
    }
}
