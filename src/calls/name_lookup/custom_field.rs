//! Custom fields by name: `{"id": "Severity", "value": "S1"}`.
//!
//! The value is parsed by the field's type: a number, a date, or the names of items. This also
//! happens if the field is given by its id and the list of fields is available. The value of a
//! field that is not in the list is left alone.

use backlog_words::day::Toward;
use chrono::DateTime;
use chrono_tz::Tz;
use rmcp::model::JsonObject;
use serde_json::Value;

use super::{
    count::Count,
    entry::{self, Entry, Folded},
    id::id_of,
    known::Known,
    lists::Loaded,
    parted::parted,
    problems::{ambiguous, either, unknown},
};
use crate::{
    arguments::reading::{
        day, decimal,
        text::{clean, is_none_word, written_id},
    },
    toolkit::{name_kind::NameKind, quoted::quoted},
};

/// Returns the text by which the field is looked up, if it is: its name, or its id.
pub(super) fn name(field: &Value) -> Option<String> {
    let given = field.get("id").and_then(Value::as_str).map(str::to_owned);
    given.or_else(|| number(field).map(|id| id.to_string()))
}

/// Returns the id of a field that is given by its id and has a text as its value. In filters, the
/// type says how to read a text, except for items of lists.
pub(super) fn number(field: &Value) -> Option<i64> {
    let id = field.get("id")?.as_i64()?;
    let is_to_read = field.get("type").is_none_or(|kind| kind == "list");
    (is_to_read && texts(field).any(|text| !text.is_empty())).then_some(id)
}

/// Returns the texts in a field's value.
fn texts(field: &Value) -> impl Iterator<Item = &str> {
    let value = field.get("value");
    let items = value.and_then(Value::as_array).into_iter().flatten();
    value.into_iter().chain(items).filter_map(Value::as_str)
}

/// Counts the names and elements of a field.
pub(super) fn count(field: &Value) -> Count {
    match field.get("id") {
        Some(Value::String(_)) => {
            Count::NAME + field.get("value").map(Count::of).unwrap_or_default()
        }
        _ => Count::OTHER,
    }
}

/// Whether a cached list has a field or an item only in different case, width or spacing.
pub(super) fn are_unsure(fields: &[Value], known: &Known<'_>) -> bool {
    fields.iter().any(|field| {
        let Some(text) = name(field) else {
            return false;
        };
        let mut lists = known.of(NameKind::CustomField, &text).into_iter();
        lists.any(|list| is_unsure(field, &text, list))
    })
}

fn is_unsure(field: &Value, text: &str, list: &Loaded) -> bool {
    let is_named = number(field).is_none() && id_of(text).is_none();
    let found = match id_of(text).filter(|_| !is_named) {
        Some(id) => list.entries.iter().filter(|it| it.id == id).collect(),
        None => list.with_name(text),
    };
    let mut items = found.iter().map(|field| field.items.as_slice());
    let has_unsure =
        |items: &[Entry]| texts(field).any(|item| id_of(item).is_none() && is_like(items, item));
    list.remembered && (is_named && list.is_unsure_of(text) || items.any(has_unsure))
}

/// Whether some entry has this name, but none exactly.
fn is_like(entries: &[Entry], text: &str) -> bool {
    !entry::has_exactly(entries, text)
        && !entry::with_name(entries, &Folded::default(), text).is_empty()
}

/// Whether no field has an item with exactly this name.
pub(super) fn is_no_exact_item(fields: &[Entry], text: &str) -> bool {
    let mut fields = fields.iter();
    id_of(text).is_none() && !fields.any(|field| entry::has_exactly(&field.items, text))
}

/// Returns the fields with ids in place of names; adds `notes` for the result.
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
        let found = match (number(&field), find(&text, known), id_of(&text)) {
            (Some(id), ..) => match with_id(id, known) {
                Some(found) => found,
                None => return Ok(field),
            },
            (_, Ok(found), _) => found,
            // The list of fields may not be available.
            (_, Err(Lost::Unknown(_)), Some(id)) => {
                field["id"] = id.into();
                return Ok(field);
            }
            (_, Err(lost), _) => {
                return Err(format!("{argument}[{place}].id: {}", lost.into_text()));
            }
        };
        field["id"] = found.id.into();
        // An empty value removes the field's value; an empty condition finds nothing.
        let is_filter = field.get("type").is_some();
        let clears = field.get("value") == Some(&"".into()) && !is_filter;
        if let Some(value) = field.get_mut("value").filter(|_| !clears) {
            *value = match !is_filter && removes(found, value) {
                true => {
                    notes.push(format!("Removed: custom field {}.", quoted(found.name())));
                    "".into()
                }
                false => checked(found, value, &known.scope.now).map_err(|text| {
                    format!("{argument}[{place}].value: {}: {text}", found.name())
                })?,
            };
        }
        Ok(field)
    });
    fields.collect()
}

/// Whether a value is a word such as `none`, and cannot mean anything else there.
fn removes(field: &Entry, value: &Value) -> bool {
    let word = value
        .as_str()
        .filter(|word| is_none_word(word) && !field.is_text());
    word.is_some_and(|word| entry::with_name(&field.items, &Folded::default(), word).is_empty())
}

/// Converts a value to one that the field accepts, with ids in place of the names of items.
fn checked(field: &Entry, value: &Value, now: &DateTime<Tz>) -> Result<Value, String> {
    match value {
        Value::String(text) if field.is_date() => {
            day::read(text, now, Toward::Future).map(Value::from)
        }
        Value::String(text) if field.is_number() => {
            let number = clean(text).and_then(|text| decimal(&text));
            number
                .map(Value::Number)
                .ok_or_else(|| format!("expected a number such as 2.5, received {}", quoted(text)))
        }
        value if field.items.is_empty() => Ok(value.clone()),
        Value::String(text) if field.takes_several() => {
            let id = |text: &str| item_ids(&field.items, &Folded::default(), &text.into());
            match (id(text), parted(text, |part| id(part).ok())) {
                (Err(_), Some(several)) => Ok(several.into()),
                (one, _) => one,
            }
        }
        value => item_ids(&field.items, &Folded::default(), value),
    }
}

/// Returns the id of an item of the field in `customFieldId`, after that was replaced by an id.
pub(super) fn item(arguments: &JsonObject, text: &str, known: &Known<'_>) -> Result<Value, String> {
    let lists = known.of(NameKind::CustomFieldItem, text);
    let field = arguments.get("customFieldId").and_then(Value::as_i64);
    let field = lists
        .iter()
        .flat_map(|list| list.entries.iter())
        .find(|entry| Some(entry.id) == field);
    match (field, id_of(text)) {
        (Some(field), _) => item_ids(&field.items, &Folded::default(), &text.into()),
        (None, Some(id)) => Ok(id.into()),
        (None, None) => Err("the project has no such custom field".to_owned()),
    }
}

/// Why no single field was found.
#[derive(Debug)]
pub(super) enum Lost {
    Unknown(String),
    Several(String),
}

impl Lost {
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Unknown(text) | Self::Several(text) => text,
        }
    }
}

/// Finds the field with this id.
fn with_id<'a>(id: i64, known: &'a Known<'_>) -> Option<&'a Entry> {
    let lists = known.of(NameKind::CustomField, "");
    let mut entries = lists.into_iter().flat_map(|list| list.entries.iter());
    entries.find(|entry| entry.id == id)
}

/// Finds the field with this name or id.
pub(super) fn find<'a>(text: &str, known: &'a Known<'_>) -> Result<&'a Entry, Lost> {
    let lists = known.of(NameKind::CustomField, text);
    let by_id = id_of(text).and_then(|id| {
        let mut entries = lists.iter().flat_map(|list| list.entries.iter());
        entries.find(|entry| entry.id == id)
    });
    let found: Vec<_> = lists.iter().flat_map(|list| list.with_name(text)).collect();
    match (found.as_slice(), by_id) {
        ([one], Some(other)) if one.id != other.id => Err(Lost::Several(either(text, other, one))),
        ([one], _) => Ok(one),
        ([], Some(one)) => Ok(one),
        ([], None) => Err(Lost::Unknown(unknown(NameKind::CustomField, text, known))),
        (several, _) => Err(Lost::Several(ambiguous(text, several))),
    }
}

fn item_ids(items: &[Entry], by_fold: &Folded, value: &Value) -> Result<Value, String> {
    let inner = |value| item_ids(items, by_fold, value);
    match value {
        Value::Array(values) => values.iter().map(inner).collect(),
        Value::String(text) => {
            let by_id = id_of(text).and_then(|id| items.iter().find(|item| item.id == id));
            match (entry::with_name(items, by_fold, text).as_slice(), by_id) {
                ([one], Some(other)) if one.id != other.id => Err(either(text, other, one)),
                ([one], _) => Ok(one.id.into()),
                ([], Some(one)) => Ok(one.id.into()),
                ([], None) if let Some(id) = clean(text).and_then(|it| written_id(&it)) => {
                    Ok(id.into())
                }
                ([], None) => Err(format!(
                    "unknown item {}; available: {}",
                    quoted(text),
                    entry::candidates(items.iter(), text)
                )),
                (several, _) => Err(ambiguous(text, several)),
            }
        }
        other => Ok(other.clone()),
    }
}
