//! Custom fields by name: `{"id": "Severity", "value": "S1"}`.
//!
//! The value is read by the field's type: a number, a day, or the names of items. Where the field
//! is given by its number, that is done as well, if the list of fields can be had: the value of a
//! field that is not in it is left alone.

use rmcp::model::JsonObject;
use serde_json::Value;

use super::{
    Entry, Kind, Known,
    entry::{self, Folded},
    lists::Loaded,
    parted::parted,
    wanted::{self, Count, id_of},
};
use crate::mcp::reading::{
    date, decimal,
    text::{clean, is_none_word, written_id},
};

/// What the field is looked up by, if it is: its name, or its number.
pub(super) fn name(field: &Value) -> Option<String> {
    let given = field.get("id").and_then(Value::as_str).map(str::to_owned);
    given.or_else(|| number(field).map(|id| id.to_string()))
}

/// The number of a field that is given by it, if a text is its value. The types of filters say
/// what a text is, unless it is an item.
pub(super) fn number(field: &Value) -> Option<i64> {
    let id = field.get("id")?.as_i64()?;
    let is_to_read = field.get("type").is_none_or(|kind| kind == "list");
    (is_to_read && texts(field).any(|text| !text.is_empty())).then_some(id)
}

/// The texts in a field's value.
fn texts(field: &Value) -> impl Iterator<Item = &str> {
    let value = field.get("value");
    let items = value.and_then(Value::as_array).into_iter().flatten();
    value.into_iter().chain(items).filter_map(Value::as_str)
}

/// What is to be looked at of a field.
pub(super) fn count(field: &Value) -> Count {
    match field.get("id") {
        Some(Value::String(_)) => {
            Count::NAME + field.get("value").map(Count::of).unwrap_or_default()
        }
        _ => Count::OTHER,
    }
}

/// Whether a remembered list has a field or an item in another case, width or spacing only.
pub(super) fn are_unsure(fields: &[Value], known: &Known<'_>) -> bool {
    fields.iter().any(|field| {
        let Some(text) = name(field) else {
            return false;
        };
        let mut lists = known.of(Kind::CustomField, &text).into_iter();
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

/// Whether something is called so, but nothing exactly so.
fn is_like(entries: &[Entry], text: &str) -> bool {
    !entry::has_exactly(entries, text)
        && !entry::with_name(entries, &Folded::default(), text).is_empty()
}

/// Whether no field has an item that is called exactly so.
pub(super) fn is_no_exact_item(fields: &[Entry], text: &str) -> bool {
    let mut fields = fields.iter();
    id_of(text).is_none() && !fields.any(|field| entry::has_exactly(&field.items, text))
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
        let found = match (number(&field), find(&text, known), id_of(&text)) {
            (Some(id), ..) => match with_id(id, known) {
                Some(found) => found,
                None => return Ok(field),
            },
            (_, Ok(found), _) => found,
            // There may be no list to find it in.
            (_, Err(Lost::Unknown(_)), Some(id)) => {
                field["id"] = id.into();
                return Ok(field);
            }
            (_, Err(lost), _) => {
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

/// The field with this id.
fn with_id<'a>(id: i64, known: &'a Known<'_>) -> Option<&'a Entry> {
    let lists = known.of(Kind::CustomField, "");
    let mut entries = lists.into_iter().flat_map(|list| list.entries.iter());
    entries.find(|entry| entry.id == id)
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
                ([], None) if let Some(id) = clean(text).and_then(|it| written_id(&it)) => {
                    Ok(id.into())
                }
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
