//! Lists and objects, which may also come as one value or as a JSON text.

use serde_json::Value;

use super::{
    key,
    kind::{Input, Kind, Mark},
    scalar::{self, Given},
    text::{clean, digits, written_id},
};
use crate::{backlog::BacklogUrl, mcp::names};

/// A list of custom fields.
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

/// The object or list of a JSON text.
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

/// A list, one value, or the JSON text of a list.
pub(super) fn read(input: &Input, value: Value, space: &BacklogUrl) -> Result<Given, String> {
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
            Ok(Given::None) => return Err(format!("[{place}]: none goes alone")),
            Err(problem) => return Err(format!("[{place}]: {problem}")),
        }
    }
    Ok(match read.is_empty() {
        true => Given::Empty,
        false => Given::Value(Value::Array(read)),
    })
}

/// The values in one text: those of a JSON list, or what commas part where no value has one. A
/// name may have one, so names are parted when they are looked up.
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
                Kind::Choice(_) | Kind::Marked(Mark::Activity) => true,
                Kind::Named(names::Kind::Issue) => key::issue(part).is_some() || is_id(part),
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
