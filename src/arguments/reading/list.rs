//! Reads lists and objects, which may also be given as one value or as JSON text.

use backlog_words::key;
use serde_json::Value;

use super::{
    scalar::{self, Given},
    space::CallSpace,
    text::{clean, digits, written_id},
};
use crate::toolkit::{
    input_kind::{Input, InputKind, Mark},
    name_kind::NameKind,
};

/// Reads a list of custom fields.
pub(super) fn fields(
    value: Value,
    read: impl FnOnce(Value) -> Result<Vec<Value>, String>,
) -> Result<Given, String> {
    match value {
        Value::Null => Ok(Given::Empty),
        Value::String(text) if is_blank(&text) => Ok(Given::Empty),
        Value::Array(fields) if fields.is_empty() => Ok(Given::Empty),
        value => {
            let fields = read(value)?;
            Ok(match fields.is_empty() {
                true => Given::Empty,
                false => Given::Value(Value::Array(fields)),
            })
        }
    }
}

/// Parses a JSON text of an object or a list.
pub(super) fn object(value: Value) -> Value {
    match value {
        Value::String(text) if is_blank(&text) => Value::Null,
        Value::String(text) => match serde_json::from_str(&text) {
            Ok(value @ (Value::Object(_) | Value::Array(_))) => value,
            _ => Value::String(text),
        },
        value => value,
    }
}

/// Reads a list, one value, or the JSON text of a list.
pub(super) fn read(input: &Input, value: Value, space: &CallSpace<'_>) -> Result<Given, String> {
    let items = match value {
        Value::Null => return Ok(Given::Empty),
        Value::Array(items) => items,
        Value::String(text) => match split(input, &text) {
            Some(items) => items,
            None => {
                let read = scalar::read(input, Value::String(text), space)?;
                return Ok(match read {
                    Given::Value(value) => Given::Value(Value::Array(vec![value])),
                    empty => empty,
                });
            }
        },
        value => vec![value],
    };
    let mut read = Vec::with_capacity(items.len());
    let several = items.len();
    for (place, item) in items.into_iter().enumerate() {
        let is_list = item.is_array();
        match scalar::read(input, item, space) {
            _ if is_list => {
                return Err(format!("[{place}]: expected one value, received a list"));
            }
            Ok(Given::Value(value)) => read.push(value),
            Ok(Given::Empty) => {}
            Ok(Given::None) if several == 1 => return Ok(Given::None),
            Ok(Given::None) => return Err(format!("[{place}]: none must be the only value")),
            Err(problem) => return Err(format!("[{place}]: {problem}")),
        }
    }
    Ok(match read.is_empty() {
        true => Given::Empty,
        false => Given::Value(Value::Array(read)),
    })
}

/// Splits one text into values: a JSON list, or text with commas where no value can contain one. A
/// name can, so names are split when they are looked up.
fn split(input: &Input, text: &str) -> Option<Vec<Value>> {
    if text.trim_start().starts_with('[')
        && let Ok(Value::Array(items)) = serde_json::from_str(text)
    {
        return Some(items);
    }
    if input.kind.is_free_text() {
        return None;
    }
    let text = clean(text)?;
    let parts: Vec<_> = text.split([',', '、']).map(str::trim).collect();
    let is_value = |part: &&str| {
        part.is_empty()
            || match &input.kind {
                InputKind::Choice(_) | InputKind::Marked(Mark::Activity) => true,
                InputKind::Named(NameKind::Issue) => key::issue(part).is_ok() || is_id(part),
                _ => is_id(part),
            }
    };
    let are_values = parts.len() > 1 && parts.iter().all(is_value);
    are_values.then(|| parts.into_iter().map(Value::from).collect())
}

fn is_id(text: &str) -> bool {
    digits(text).or_else(|| written_id(text)).is_some()
}

fn is_blank(text: &str) -> bool {
    matches!(text.trim(), "" | "null")
}
