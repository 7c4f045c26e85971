//! Turns the result of a tool into the output that the client receives.
//!
//! 1. Before the request to Backlog, removes the inputs that the hub itself handles from the
//!    arguments: fields, page, and part of long texts.
//! 2. Reduces the result to the page, the fields and the part, and writes it in the concise form
//!    if that is chosen ([`concise`](crate::calls::concise)).
//! 3. Removes hidden characters ([`hidden`]).
//! 4. Truncates the output to the limit ([`limit`]); a [note](crate::calls::notes) says what is missing.

use rmcp::model::JsonObject;
use serde_json::{Value, value::RawValue};

use super::{
    call_outcome::CallOutcome,
    concise::{Asked, Shortened, Shortening},
    limit::{self, RequestedPart},
    notes::{About, Given, Noting},
    options::ToolOptions,
    page::Page,
    selection::Selection,
    window,
};
use crate::toolkit::{
    hidden,
    rest::{INCLUDE_JSON, ITEM_OFFSET, Rest, TEXT_LENGTH, TEXT_OFFSET, Way},
    tool::{FIELDS, ToolMeta},
};

/// The part of a tool's result that a call asks for.
pub(crate) struct ToolOutput {
    tool: &'static str,
    rest: Rest,
    given: Given,
    selection: Selection,
    asked: RequestedPart,
    /// Whether text that Backlog returns twice is left out.
    undoubled: bool,
    /// How the result is shortened, if its form is the concise one.
    pub shortening: Option<Shortening>,
    pub page: Page,
}

impl ToolOutput {
    /// Removes the inputs that are not for Backlog from the arguments. `given` holds the arguments
    /// as the caller wrote them.
    ///
    /// # Errors
    /// One of them is invalid; the text is for the model.
    pub(crate) fn of(
        tool: &ToolMeta,
        given: Given,
        arguments: &mut JsonObject,
        options: &ToolOptions,
    ) -> Result<Self, String> {
        let selection = match arguments.shift_remove(FIELDS) {
            Some(fields) if options.field_selection => Selection::parse(&fields, tool.fields)?,
            _ => Selection::All,
        };
        let asked = match tool.rest.way {
            Way::Own => RequestedPart {
                text_offset: take_number(arguments, TEXT_OFFSET)?.unwrap_or(0),
                text_length: take_number(arguments, TEXT_LENGTH)?.filter(|length| *length > 0),
                item_offset: take_number(arguments, ITEM_OFFSET)?.unwrap_or(0),
            },
            Way::By(_) | Way::None => RequestedPart::default(),
        };
        let undoubled = tool.rest.doubled
            && match arguments.shift_remove(INCLUDE_JSON) {
                Some(Value::Bool(wanted)) => !wanted,
                None | Some(Value::Null) => true,
                Some(other) => {
                    let text = format!("{INCLUDE_JSON}: expected true or false, received {other}");
                    return Err(text);
                }
            };
        Ok(Self {
            tool: tool.name,
            rest: tool.rest,
            given,
            selection,
            asked,
            undoubled,
            shortening: None,
            page: Page::of(tool.paging, tool.usual_count, arguments),
        })
    }

    /// Whether this JSON, all of which may be shown, is passed on unchanged.
    pub(crate) fn takes_whole(&self, json: &RawValue, max_tokens: usize) -> bool {
        self.shortening.is_none()
            && self.page.is_plain()
            && !self.undoubled
            && self.asked.is_everything()
            && self.selection == Selection::All
            && limit::fits_as_it_is(json.get(), max_tokens)
            && !hidden::may_be_in(json.get())
    }

    /// Writes the output from a result that may be shown. `notes` say how the arguments were
    /// interpreted, and what may not be shown.
    pub(crate) fn write(
        mut self,
        mut value: Value,
        mut notes: Vec<String>,
        options: &ToolOptions,
    ) -> CallOutcome {
        self.page.take(&mut value);
        let about = About::of(&value, self.rest, &self.given);
        if self.undoubled {
            leave_out_json(&mut value);
        }
        let (mut value, facts) = self.shortened(value, options);
        notes.extend(facts);
        // Cleaned before it is truncated, so that text offsets count the characters that are shown.
        let removed = hidden::clean_value(&mut value);
        let fitted = limit::fit(&value, options.max_tokens, self.asked);
        let items = value.as_array();
        let noting = Noting {
            tool: self.tool,
            rest: self.rest,
            prefix: &options.prefix,
            given: &self.given,
            about: &about,
            asked: self.asked,
            longest_text: limit::longest_text(&value),
            entries: window::most_entries(&value),
            page: &self.page,
        };
        let last = items.and_then(|items| items.last());
        let missing = noting.note(&fitted, items.map(Vec::len), last);
        notes.extend(missing);
        CallOutcome::json_without(fitted.text, notes, removed)
    }
}

impl ToolOutput {
    /// Selects the fields, and shortens the rest if the form is the concise one; returns the note
    /// on it too.
    fn shortened(&self, value: Value, options: &ToolOptions) -> (Value, Option<String>) {
        let value = self.selection.apply(value);
        let Some(shortening) = &self.shortening else {
            return (value, None);
        };
        let asked = Asked {
            fields: self.selection != Selection::All,
            parts: !self.asked.is_everything(),
        };
        let Shortened { value, note } = shortening.apply(value, asked, &options.prefix);
        (value, note)
    }
}

/// Removes a number from the arguments; `null` counts as absent.
fn take_number(arguments: &mut JsonObject, name: &str) -> Result<Option<usize>, String> {
    let value = match arguments.shift_remove(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value,
    };
    let text = match &value {
        Value::String(text) => text.trim().to_owned(),
        // An integer may arrive as `4000.0`.
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() == 0.0 => format!("{float:.0}"),
            _ => number.to_string(),
        },
        _ => String::new(),
    };
    match text.parse::<u32>() {
        Ok(number) => Ok(Some(usize::try_from(number).unwrap_or(usize::MAX))),
        Err(_) => Err(format!(
            "{name}: expected an integer of at least 0, received {value}"
        )),
    }
}

/// Removes the editor's JSON, a second copy of the text, from documents.
fn leave_out_json(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(leave_out_json),
        Value::Object(document) => {
            document.shift_remove("json");
        }
        _ => {}
    }
}
