//! Custom fields by name: `{"id": "Severity", "value": "S1"}`.
//!
//! Where the field is named, so are its items. Where it is given by id, a text may be the value of
//! a text field or the id of an item, and is left alone.

use rmcp::model::JsonObject;
use serde_json::Value;

use super::{
    Entry, Kind, Known,
    entry::{self, Folded},
    wanted::{self, Count},
};
use crate::mcp::inputs::is_date;

/// The name of the field, if it is given by name.
pub(super) fn name(field: &Value) -> Option<String> {
    field.get("id")?.as_str().map(str::to_owned)
}

/// What is to be looked at of a field.
pub(super) fn count(field: &Value) -> Count {
    match name(field) {
        None => Count::OTHER,
        Some(_) => Count::NAME + field.get("value").map(Count::of).unwrap_or_default(),
    }
}

/// The fields with ids for the names.
///
/// # Errors
/// A field or item is unknown or ambiguous.
pub(super) fn replaced(
    argument: &str,
    fields: &[Value],
    known: &Known<'_>,
) -> Result<Value, String> {
    let fields = fields.iter().enumerate().map(|(place, field)| {
        let Some(text) = name(field) else {
            return Ok(field.clone());
        };
        let found = find(&text, known).map_err(|text| format!("{argument}[{place}].id: {text}"))?;
        let mut field = field.clone();
        field["id"] = found.id.into();
        // To set it empty is to remove it; nothing is found by an empty condition.
        let clears = field.get("value") == Some(&"".into()) && field.get("type").is_none();
        if let Some(value) = field.get_mut("value").filter(|_| !clears) {
            *value = checked(found, value)
                .map_err(|text| format!("{argument}[{place}].value: {text}"))?;
        }
        Ok(field)
    });
    fields.collect()
}

/// A value that the field can have, with ids for the names of its items.
fn checked(field: &Entry, value: &Value) -> Result<Value, String> {
    match value {
        Value::String(text) if field.is_date && !is_date(text) => {
            let text = entry::quoted(text);
            Err(format!(
                "expected a date as yyyy-MM-dd, received string {text}"
            ))
        }
        value if field.items.is_empty() => Ok(value.clone()),
        value => item_ids(&field.items, &Folded::default(), value),
    }
}

/// The id of an item of the field in `customFieldId`, whose name has been looked up before.
pub(super) fn item(arguments: &JsonObject, text: &str, known: &Known<'_>) -> Result<Value, String> {
    let lists = known.of(Kind::CustomFieldItem, text);
    let field = arguments.get("customFieldId").and_then(Value::as_i64);
    let field = lists
        .iter()
        .flat_map(|list| list.entries.iter())
        .find(|entry| Some(entry.id) == field)
        .ok_or("there is no such custom field in the project")?;
    item_ids(&field.items, &Folded::default(), &text.into())
}

fn find<'a>(text: &str, known: &'a Known<'_>) -> Result<&'a Entry, String> {
    let lists = known.of(Kind::CustomField, text);
    let found: Vec<_> = lists
        .into_iter()
        .flat_map(|list| list.with_name(text))
        .collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(wanted::unknown(Kind::CustomField, text, known)),
        several => Err(wanted::ambiguous(text, several)),
    }
}

fn item_ids(items: &[Entry], by_fold: &Folded, value: &Value) -> Result<Value, String> {
    let inner = |value| item_ids(items, by_fold, value);
    match value {
        Value::Array(values) => values.iter().map(inner).collect(),
        Value::String(text) => match entry::with_name(items, by_fold, text).as_slice() {
            [one] => Ok(one.id.into()),
            [] => Err(format!(
                "no item is called {}; there are: {}",
                entry::quoted(text),
                entry::candidates(items.iter(), text)
            )),
            several => Err(wanted::ambiguous(text, several)),
        },
        other => Ok(other.clone()),
    }
}
