//! The form in which a classic tool's result is written.
//!
//! 1. The input `format` of a call decides.
//! 2. Without it, the connection decides: the header `X-MCP-Format`, or `?format=` in its URL.
//! 3. Without both, the server decides: `RESPONSE_FORMAT`.
//!
//! Every classic tool that returns JSON accepts the input. It is listed only for a connection whose
//! results are concise, because there a model may need the full ones; for all others it would make
//! the list of tools longer without use.

use std::{str::FromStr, sync::Arc};

use rmcp::model::JsonObject;
use serde_json::{Value, json};
use thiserror::Error;

use crate::toolkit::{input_kind::Input, quoted::quoted};

/// The input that chooses the form. Tools that return files have another one of this name.
const FORMAT: &str = "format";

/// The form of a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ResponseFormat {
    /// Backlog's JSON.
    #[default]
    Full,
    /// Shorter JSON: names instead of objects, nothing empty, no long texts in lists.
    Concise,
}

/// A text that names no form.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("expected concise or full, received {0}")]
pub struct UnknownFormat(String);

impl FromStr for ResponseFormat {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        let word = text.trim();
        match word.to_ascii_lowercase().as_str() {
            "concise" => Ok(Self::Concise),
            "full" => Ok(Self::Full),
            _ => Err(UnknownFormat(quoted(word))),
        }
    }
}

/// Removes the input from the arguments of a tool with these inputs of its own; `None` if the call
/// does not choose.
///
/// # Errors
/// The value names no form; the text is for the model.
pub(crate) fn take(
    arguments: &mut JsonObject,
    own: &[Input],
) -> Result<Option<ResponseFormat>, String> {
    if has_own(own.iter().map(|input| &*input.name)) {
        return Ok(None);
    }
    let problem = |error: UnknownFormat| format!("{FORMAT}: {error}");
    match arguments.shift_remove(FORMAT) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => text.parse().map(Some).map_err(problem),
        Some(other) => Err(problem(UnknownFormat(quoted(&other.to_string())))),
    }
}

/// Adds the input to the schema of a tool.
pub(crate) fn offer(schema: &mut Arc<JsonObject>) {
    let format = json!({
        "type": "string", "enum": ["concise", "full"], "description": "full: all of Backlog's JSON",
    });
    let schema = Arc::make_mut(schema);
    if let Some(Value::Object(inputs)) = schema.get_mut("properties")
        && !has_own(inputs.keys().map(String::as_str))
    {
        inputs.insert(FORMAT.to_owned(), format);
    }
}

fn has_own<'a>(mut inputs: impl Iterator<Item = &'a str>) -> bool {
    inputs.any(|name| name == FORMAT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_has_one_of_two_names() {
        use ResponseFormat::{Concise, Full};
        for (text, expected) in [
            ("concise", Some(Concise)),
            (" Concise ", Some(Concise)),
            ("full", Some(Full)),
            ("FULL", Some(Full)),
            ("", None),
            ("short", None),
            ("concise,full", None),
        ] {
            assert_eq!(text.parse().ok(), expected, "{text:?}");
        }
        let error = "short".parse::<ResponseFormat>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected concise or full, received \"short\""
        );
    }

    #[test]
    fn a_call_without_a_value_does_not_choose() {
        for (value, expected) in [
            (json!("concise"), Ok(Some(ResponseFormat::Concise))),
            (json!(null), Ok(None)),
            (json!(" "), Ok(None)),
            (
                json!(1),
                Err("format: expected concise or full, received \"1\"".to_owned()),
            ),
            (
                json!("x"),
                Err("format: expected concise or full, received \"x\"".to_owned()),
            ),
        ] {
            let mut arguments = JsonObject::from_iter([
                ("issueKey".to_owned(), json!("A-1")),
                (FORMAT.to_owned(), value),
            ]);
            assert_eq!(take(&mut arguments, &[]), expected);
            assert_eq!(arguments.len(), 1);
        }
    }
}
