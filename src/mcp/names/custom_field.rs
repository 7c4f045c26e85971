//! Custom fields by name: `{"id": "Severity", "value": "S1"}`.
//!
//! Where the field is named, so are its items. Where it is given by id, a text may be the value of
//! a text field or the id of an item, and is left alone.

use serde_json::Value;

use super::{Entry, Kind, Known, entry, wanted};

/// The name of the field, if it is given by name.
pub(super) fn name(field: &Value) -> Option<String> {
    field.get("id")?.as_str().map(str::to_owned)
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
        if let Some(value) = field.get_mut("value").filter(|_| !found.items.is_empty()) {
            *value = item_ids(&found.items, value)
                .map_err(|text| format!("{argument}[{place}].value: {text}"))?;
        }
        Ok(field)
    });
    fields.collect()
}

fn find<'a>(text: &str, known: &'a Known<'_>) -> Result<&'a Entry, String> {
    let lists = known.of(Kind::CustomField, text);
    let found: Vec<_> = lists
        .into_iter()
        .flat_map(|list| entry::with_name(list, text))
        .collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(wanted::unknown(Kind::CustomField, text, known)),
        several => Err(wanted::ambiguous(text, several)),
    }
}

fn item_ids(items: &[Entry], value: &Value) -> Result<Value, String> {
    match value {
        Value::Array(values) => values.iter().map(|value| item_ids(items, value)).collect(),
        Value::String(text) => match entry::with_name(items, text).as_slice() {
            [one] => Ok(one.id.into()),
            [] => Err(format!(
                "no item is called {text:?}; there are: {}",
                entry::candidates(items.iter(), text)
            )),
            several => Err(wanted::ambiguous(text, several)),
        },
        other => Ok(other.clone()),
    }
}
