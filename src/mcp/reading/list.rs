//! Lists and objects, which may also come as one value or as a JSON text.

use serde_json::Value;

use super::{
    kind::Input,
    scalar::{self, Given},
};
use crate::backlog::BacklogUrl;

/// A list of custom fields.
pub(super) fn fields(
    value: Value,
    read: impl FnOnce(Value) -> Result<Vec<Value>, String>,
) -> Result<Given, String> {
    match value {
        Value::Null => return Ok(Given::Empty),
        Value::String(text) if is_blank(&text) => return Ok(Given::Empty),
        Value::Array(fields) if fields.is_empty() => return Ok(Given::Empty),
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

/// The values in one text.
fn split(input: &Input, text: &str) -> Option<Vec<Value>> {
    if text.trim_start().starts_with('[')
        && let Ok(Value::Array(items)) = serde_json::from_str(text)
    {
        return Some(items);
    }
    let is_ids = |text: &str| {
        let sign = |byte: u8| byte.is_ascii_digit() || matches!(byte, b',' | b' ');
        text.contains(',') && text.bytes().all(sign)
    };
    let has_ids = !input.kind.is_free_text() && is_ids(text);
    has_ids.then(|| text.split(',').map(|id| Value::from(id.trim())).collect())
}

fn is_blank(text: &str) -> bool {
    matches!(text.trim(), "" | "null")
}
