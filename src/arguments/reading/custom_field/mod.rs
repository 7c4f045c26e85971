//! Reads custom fields in any of the accepted forms.
//!
//! | form | means |
//! |---|---|
//! | `[{"id": "Severity", "value": "S1"}]` | itself |
//! | `{"id": "Severity", "value": "S1"}` | a list of one |
//! | `{"Severity": "S1"}`, `[{"Severity": "S1"}]`, `{"customField_12": 7}` | each key is a field |
//! | `"id": "id:12"` | the field with this id, even if another one is named 12 |
//! | the JSON text of any of these | the same |
//! | `"value": null`, `[]` or `""` | removes the value if an issue is changed; else ignored |

use backlog_words::day::Toward;
use chrono::{DateTime, TimeZone};
use rmcp::model::JsonObject;
use serde_json::{Map, Value};

use super::{
    day,
    inputs::Mode,
    number::decimal,
    text::{clean, digits, quoted, shown, written_id},
};
use crate::toolkit::inputs::{is_date, several};

/// Other names of the key that names the field.
const IDS: [&str; 5] = ["id", "name", "fieldId", "customFieldId", "field"];
const OF_VALUES: [&str; 3] = ["id", "value", "otherValue"];
const OF_FILTERS: [&str; 5] = ["id", "type", "value", "min", "max"];

/// Returns `12` for `customField_12`. Such a field is looked up like a name, because its value is
/// as likely to need parsing.
pub(super) fn id_of(name: &str) -> Option<i64> {
    let (word, id) = name.split_once('_')?;
    let is_field = word.eq_ignore_ascii_case("customField");
    digits(id).filter(|id| is_field && *id > 0)
}

/// Whether a tool's custom fields are values to set rather than conditions.
pub(super) fn takes_values(inputs: &JsonObject) -> bool {
    let items = inputs.get("customFields").map(|fields| &fields["items"]);
    items.is_some_and(|items| items["properties"].get("otherValue").is_some())
}

/// Whether values to set need no conversion.
pub(super) fn are_right_values(value: &Value) -> bool {
    all(value, |field| {
        let values = ["value", "otherValue"].map(|key| field.get(key));
        values.iter().any(Option::is_some)
            && values
                .into_iter()
                .flatten()
                .all(|value| !is_empty(value) && !value.is_object())
            && field.keys().all(|key| OF_VALUES.contains(&key.as_str()))
    })
}

/// Whether conditions need no conversion.
pub(super) fn are_right_filters(value: &Value) -> bool {
    all(value, |field| {
        let is_number = |value: &Value| match value {
            Value::Array(items) => items.iter().all(Value::is_number),
            value => value.is_number(),
        };
        let kind = field.get("type").and_then(Value::as_str);
        field.iter().all(|(key, value)| match (key.as_str(), kind) {
            ("id" | "type", Some(_)) => true,
            ("value", Some("text")) => value.is_string(),
            ("value", Some("list")) => is_number(value),
            ("min" | "max", Some("numeric")) => value.is_number(),
            ("min" | "max", Some("date")) => value.as_str().is_some_and(is_date),
            _ => false,
        })
    })
}

fn all(value: &Value, is_right: impl Fn(&Map<String, Value>) -> bool) -> bool {
    let has_id = |field: &Map<String, Value>| match field.get("id") {
        Some(Value::Number(_)) => true,
        Some(Value::String(name)) => id_of(name).is_none() && written_id(name).is_none(),
        _ => false,
    };
    let is_right = |field: &Value| {
        field
            .as_object()
            .is_some_and(|it| has_id(it) && is_right(it))
    };
    let fields = value.as_array();
    fields.is_some_and(|fields| !fields.is_empty() && fields.iter().all(is_right))
}

/// Reads the values to set as a list.
///
/// # Errors
/// A field has no value, or an unknown key.
pub(super) fn values(value: Value, mode: Mode) -> Result<Vec<Value>, String> {
    let fields = listed(value)?.into_iter().enumerate();
    let read = fields.map(|(place, mut field)| {
        check_keys(place, &mut field, &OF_VALUES)?;
        let other = field.get("otherValue");
        let has_other = other.is_some_and(|other| !is_empty(other));
        if !has_other {
            field.shift_remove("otherValue");
        }
        match field.get("value") {
            Some(value) if !is_empty(value) => {}
            _ if has_other => {
                field.shift_remove("value");
            }
            Some(_) if mode == Mode::Changing => {
                field.insert("value".to_owned(), "".into());
            }
            Some(_) => return Ok(None),
            None => {
                return Err(format!(
                    "[{place}].value: is required; give \"\" to remove what is there"
                ));
            }
        }
        if let Some(Value::Object(item)) = field.get_mut("value")
            && let Some(id) = item.shift_remove("id")
        {
            field.insert("value".to_owned(), id);
        }
        Ok(Some(Value::Object(field)))
    });
    read.filter_map(Result::transpose).collect()
}

/// Reads the conditions as a list.
///
/// # Errors
/// A condition has no type, or an unknown key.
pub(super) fn filters<Tz: TimeZone>(
    value: Value,
    now: &DateTime<Tz>,
) -> Result<Vec<Value>, String> {
    let fields = listed(value)?.into_iter().enumerate();
    let read = fields.map(|(place, mut field)| {
        check_keys(place, &mut field, &OF_FILTERS)?;
        field.retain(|_, value| !value.is_null());
        let kind = field.get("type").and_then(Value::as_str).map(str::to_owned);
        let Some(kind) = kind else {
            return Err(format!(
                "[{place}]: expected a condition such as {{\"type\": \"list\", \"id\": \
                 \"Severity\", \"value\": \"S1\"}}; available types: text, numeric, date, list"
            ));
        };
        for bound in ["min", "max"] {
            let Some(Value::String(text)) = field.get(bound) else {
                continue;
            };
            let read = match kind.as_str() {
                "date" => day::read(text, now, Toward::Future).map(Value::from),
                "numeric" => number(text),
                _ => continue,
            };
            let read = read.map_err(|text| format!("[{place}].{bound}: {text}"))?;
            field.insert(bound.to_owned(), read);
        }
        // The items of a named field are looked up later; otherwise a text of digits is an id.
        if kind == "list"
            && field["id"].is_number()
            && let Some(value) = field.get_mut("value")
        {
            each_text(value, &|text| digits(text).map(Value::from));
        }
        Ok(Value::Object(field))
    });
    read.collect()
}

fn number(text: &str) -> Result<Value, String> {
    let found = clean(text).and_then(|text| decimal(&text));
    found.map(Value::Number).ok_or_else(|| {
        let text = quoted(text);
        format!("expected a number such as 2.5, received {text}")
    })
}

fn each_text(value: &mut Value, read: &impl Fn(&str) -> Option<Value>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, read)),
        Value::String(text) => {
            if let Some(found) = clean(text).and_then(|text| read(&text)) {
                *value = found;
            }
        }
        _ => {}
    }
}

/// Splits the value into single fields.
fn listed(value: Value) -> Result<Vec<Map<String, Value>>, String> {
    let mut fields = Vec::new();
    match value {
        Value::Array(items) => {
            for item in items {
                match item {
                    Value::Object(field) => fields.extend(expanded(field)),
                    Value::String(text) => fields.extend(listed(parsed(&text)?)?),
                    other => return Err(format!(": expected objects, received {}", short(&other))),
                }
            }
        }
        Value::Object(field) => fields.extend(expanded(field)),
        Value::String(text) => return listed(parsed(&text)?),
        other => return Err(format!(": expected a list, received {}", short(&other))),
    }
    Ok(fields)
}

fn parsed(text: &str) -> Result<Value, String> {
    match serde_json::from_str(text) {
        Ok(value @ (Value::Array(_) | Value::Object(_))) => Ok(value),
        _ => Err(format!(
            ": expected a list of objects, received string {}",
            quoted(text)
        )),
    }
}

fn short(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".to_owned(),
        other => other.to_string(),
    }
}

/// Expands a map from names to values into single fields.
fn expanded(mut field: Map<String, Value>) -> Vec<Map<String, Value>> {
    let named = IDS.iter().find(|name| field.contains_key(**name));
    let is_field = named.is_some() && field.keys().any(|key| is_key(key));
    if let (Some(name), true) = (named, is_field) {
        if let Some(id) = field.shift_remove(*name) {
            field.insert("id".to_owned(), id);
        }
        return vec![field];
    }
    if named.is_some_and(|name| *name == "id") || field.keys().any(|key| is_key(key)) {
        return vec![field];
    }
    let fields = field.into_iter();
    let fields = fields.map(|(name, value)| {
        let id = id_of(&name).map_or(name, |id| id.to_string());
        Map::from_iter([("id".to_owned(), id.into()), ("value".to_owned(), value)])
    });
    fields.collect()
}

/// Whether it is a key of a field other than its name.
fn is_key(key: &str) -> bool {
    OF_VALUES
        .iter()
        .chain(&OF_FILTERS)
        .any(|known| *known == key && key != "id")
}

fn check_keys(place: usize, field: &mut Map<String, Value>, known: &[&str]) -> Result<(), String> {
    several::settle(field).map_err(|problem| format!("[{place}]: {problem}"))?;
    if let Some(Value::String(text)) = field.get("id") {
        let id = match id_of(text) {
            Some(id) => Some(Value::from(id.to_string())),
            None => clean(text)
                .and_then(|text| written_id(&text))
                .map(Value::from),
        };
        if let Some(id) = id {
            field.insert("id".to_owned(), id);
        }
    }
    match field.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(format!(
            "[{place}].{}: unknown key; available: {}",
            shown(key),
            known.join(", ")
        )),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.iter().all(is_empty),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
