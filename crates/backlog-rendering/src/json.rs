//! Reads values of Backlog's JSON. A value of an unexpected shape is absent.

use serde_json::{Number, Value};

use crate::inline;

/// The elements of a list; none if it is not a list.
pub(crate) fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A text that is not blank, as it is.
pub(crate) fn long_text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.trim().is_empty())
}

/// A value on one line: the name of an object, or all elements of a list.
pub(crate) fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => self::number(number),
        Value::String(text) => inline::line(text),
        Value::Object(object) => return object.get("name").and_then(text),
        Value::Array(items) => items.iter().filter_map(text).collect::<Vec<_>>().join(", "),
    };
    Some(text).filter(|text| !text.is_empty())
}

/// A number without needless decimals: `4.0` is `4`.
pub(crate) fn number(number: &Number) -> String {
    match number.as_f64() {
        Some(value) if number.is_f64() => value.to_string(),
        _ => number.to_string(),
    }
}

/// An id as text; Backlog sends ids as numbers, and those of documents as strings.
pub(crate) fn id(value: &Value) -> Option<String> {
    match value {
        Value::Number(_) | Value::String(_) => text(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_one_line() {
        for (value, expected) in [
            (json!(null), None),
            (json!(" \n "), None),
            (json!([]), None),
            (json!({}), None),
            (json!(4.0), Some("4")),
            (json!(42.5), Some("42.5")),
            (json!(0), Some("0")),
            (json!(false), Some("no")),
            (json!({"id": 1, "name": "重大"}), Some("重大")),
            (
                json!([{"name": "Safari"}, {"name": null}, "x"]),
                Some("Safari, x"),
            ),
        ] {
            assert_eq!(text(&value).as_deref(), expected, "{value}");
        }
    }
}
