//! Custom fields by name: `{"id": "Severity", "value": "S1"}`.
//!
//! Where the field is given as a text, so may be its items, and its value is read by the field's
//! type. Where it is given by its number, a text may be the value of a text field or the id of an
//! item, and is left alone.

use rmcp::model::JsonObject;
use serde_json::Value;

use super::{
    Entry, Kind, Known,
    entry::{self, Folded},
    wanted::{self, Count, id_of},
};
use crate::mcp::reading::{
    date, decimal,
    text::{clean, is_none_word},
};

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

/// The fields with ids for the names; `notes` are what the result has to say of it.
///
/// # Errors
/// A field or item is unknown or ambiguous.
pub(super) fn replaced(
    argument: &str,
    fields: &[Value],
    known: &Known<'_>,
    notes: &mut Vec<String>,
) -> Result<Value, String> {
    let fields = fields.iter().enumerate().map(|(place, field)| {
        let Some(text) = name(field) else {
            return Ok(field.clone());
        };
        let mut field = field.clone();
        let found = match (find(&text, known), id_of(&text)) {
            (Ok(found), _) => found,
            // There may be no list to find it in.
            (Err(Lost::Unknown(_)), Some(id)) => {
                field["id"] = id.into();
                return Ok(field);
            }
            (Err(lost), _) => {
                return Err(format!("{argument}[{place}].id: {}", lost.into_text()));
            }
        };
        field["id"] = found.id.into();
        // To set it empty is to remove it; nothing is found by an empty condition.
        let is_filter = field.get("type").is_some();
        let clears = field.get("value") == Some(&"".into()) && !is_filter;
        if let Some(value) = field.get_mut("value").filter(|_| !clears) {
            *value = match !is_filter && removes(found, value) {
                true => {
                    notes.push(format!(
                        "Removed: custom field {}.",
                        entry::quoted(found.name())
                    ));
                    "".into()
                }
                false => checked(found, value).map_err(|text| {
                    format!("{argument}[{place}].value: {}: {text}", found.name())
                })?,
            };
        }
        Ok(field)
    });
    fields.collect()
}

/// Whether a value is a word for nothing, and cannot be anything else there.
fn removes(field: &Entry, value: &Value) -> bool {
    let word = value
        .as_str()
        .filter(|word| is_none_word(word) && !field.is_text());
    word.is_some_and(|word| entry::with_name(&field.items, &Folded::default(), word).is_empty())
}

/// A value that the field can have, with ids for the names of its items.
fn checked(field: &Entry, value: &Value) -> Result<Value, String> {
    match value {
        Value::String(text) if field.is_date() => date::read(text).map(Value::from),
        Value::String(text) if field.is_number() => {
            let number = clean(text).and_then(|text| decimal(&text));
            number.map(Value::Number).ok_or_else(|| {
                format!(
                    "expected a number such as 2.5, received {}",
                    entry::quoted(text)
                )
            })
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
        .find(|entry| Some(entry.id) == field);
    match (field, id_of(text)) {
        (Some(field), _) => item_ids(&field.items, &Folded::default(), &text.into()),
        (None, Some(id)) => Ok(id.into()),
        (None, None) => Err("there is no such custom field in the project".to_owned()),
    }
}

/// Why there is no one field.
#[derive(Debug)]
pub(super) enum Lost {
    Unknown(String),
    Several(String),
}

impl Lost {
    pub fn into_text(self) -> String {
        match self {
            Self::Unknown(text) | Self::Several(text) => text,
        }
    }
}

/// The field with this name or id.
pub(super) fn find<'a>(text: &str, known: &'a Known<'_>) -> Result<&'a Entry, Lost> {
    let lists = known.of(Kind::CustomField, text);
    let by_id = id_of(text).and_then(|id| {
        let mut entries = lists.iter().flat_map(|list| list.entries.iter());
        entries.find(|entry| entry.id == id)
    });
    let found: Vec<_> = lists.iter().flat_map(|list| list.with_name(text)).collect();
    match (found.as_slice(), by_id) {
        ([one], Some(other)) if one.id != other.id => {
            Err(Lost::Several(wanted::either(text, other, one)))
        }
        ([one], _) => Ok(one),
        ([], Some(one)) => Ok(one),
        ([], None) => Err(Lost::Unknown(wanted::unknown(
            Kind::CustomField,
            text,
            known,
        ))),
        (several, _) => Err(Lost::Several(wanted::ambiguous(text, several))),
    }
}

fn item_ids(items: &[Entry], by_fold: &Folded, value: &Value) -> Result<Value, String> {
    let inner = |value| item_ids(items, by_fold, value);
    match value {
        Value::Array(values) => values.iter().map(inner).collect(),
        Value::String(text) => {
            let by_id = id_of(text).and_then(|id| items.iter().find(|item| item.id == id));
            match (entry::with_name(items, by_fold, text).as_slice(), by_id) {
                ([one], Some(other)) if one.id != other.id => Err(wanted::either(text, other, one)),
                ([one], _) => Ok(one.id.into()),
                ([], Some(one)) => Ok(one.id.into()),
                ([], None) => Err(format!(
                    "no item is called {}; there are: {}",
                    entry::quoted(text),
                    entry::candidates(items.iter(), text)
                )),
                (several, _) => Err(wanted::ambiguous(text, several)),
            }
        }
        other => Ok(other.clone()),
    }
}
