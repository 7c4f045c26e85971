//! Several items of one custom field.
//!
//! A published input has one type, so the `value` of a custom field is a text, and a list is given
//! as `values`. Callers may also give the list as the `value`, as the upstream server's tools
//! accept it.

use schemars::Schema;
use serde_json::{Map, Value, json};

const ONE: &str = "value";
const SEVERAL: &str = "values";

/// Adds `values` to the schema of a custom field's value, or to that of its filter by items.
pub(super) fn offer(schema: &mut Schema) {
    let Some(schema) = schema.as_object_mut() else {
        return;
    };
    let lists = match schema.get_mut("oneOf") {
        Some(Value::Array(kinds)) => kinds
            .iter_mut()
            .filter_map(Value::as_object_mut)
            .find(|kind| kind["properties"]["type"]["const"] == "list"),
        _ => Some(schema),
    };
    let properties = lists.and_then(|lists| lists.get_mut("properties"));
    if let Some(Value::Object(properties)) = properties {
        let several = json!({
            "type": "array",
            "items": {"type": ["number", "string"]},
            "description": "Instead of value: several items of a list",
        });
        properties.insert(SEVERAL.to_owned(), several);
    }
}

/// Moves the `values` of a custom field to its `value`.
///
/// # Errors
/// The field has both.
pub(crate) fn settle(field: &mut Map<String, Value>) -> Result<(), &'static str> {
    let values = field.shift_remove(SEVERAL);
    match values.filter(|values| !is_empty(values)) {
        None => Ok(()),
        Some(values) if field.get(ONE).is_none_or(is_empty) => {
            field.insert(ONE.to_owned(), values);
            Ok(())
        }
        Some(_) => Err("value and values are both given; give one of them"),
    }
}

/// Whether a value means nothing: strict clients fill in every input.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(field: Value) -> Result<Value, &'static str> {
        let Value::Object(mut field) = field else {
            panic!("a custom field is an object");
        };
        settle(&mut field)?;
        Ok(field.into())
    }

    #[test]
    fn a_list_may_be_given_in_either_input() {
        for (given, expected) in [
            (
                json!({"id": 1, "value": "a"}),
                json!({"id": 1, "value": "a"}),
            ),
            (
                json!({"id": 1, "value": [1, 2]}),
                json!({"id": 1, "value": [1, 2]}),
            ),
            (
                json!({"id": 1, "values": ["a"]}),
                json!({"id": 1, "value": ["a"]}),
            ),
            (
                json!({"id": 1, "value": "", "values": [1, 2]}),
                json!({"id": 1, "value": [1, 2]}),
            ),
            (
                json!({"id": 1, "value": null, "values": ["a", "b"]}),
                json!({"id": 1, "value": ["a", "b"]}),
            ),
            (
                json!({"id": 1, "value": "a", "values": []}),
                json!({"id": 1, "value": "a"}),
            ),
            (
                json!({"id": 1, "value": "", "values": null}),
                json!({"id": 1, "value": ""}),
            ),
        ] {
            assert_eq!(settled(given).unwrap(), expected);
        }
    }

    #[test]
    fn both_at_once_are_refused() {
        let refused = settled(json!({"id": 2, "value": 1, "values": [2]})).unwrap_err();
        assert!(refused.ends_with("give one of them"), "{refused}");
    }
}
