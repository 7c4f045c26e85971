//! From what a tool brought to what is shown of it.
//!
//! 1. Before Backlog is asked, the inputs that the hub sees to are taken out of the arguments:
//!    which fields, which page, which part of long texts.
//! 2. Of the outcome, our page, the fields and the part are taken.
//! 3. Hidden characters are removed from it ([`hidden`]).
//! 4. It is cut to the limit ([`limit`]), and a [note](super::notes) says what is missing.

use rmcp::model::JsonObject;
use serde_json::{Value, value::RawValue};

use super::{
    ToolOptions,
    called::Called,
    hidden,
    limit::{self, Asked},
    notes::{About, Given, Noting},
    page::Page,
    rest::{INCLUDE_JSON, ITEM_OFFSET, Rest, TEXT_LENGTH, TEXT_OFFSET, Way},
    router::FIELDS,
    selection::Selection,
    tool::Spec,
    window,
};

/// What of an answer a call asks for.
pub(super) struct Answer {
    tool: &'static str,
    rest: Rest,
    given: Given,
    selection: Selection,
    asked: Asked,
    /// Whether texts are left out that come a second time.
    undoubled: bool,
    pub page: Page,
}

impl Answer {
    /// Takes the inputs out of the arguments that are not for Backlog; `given` are those that
    /// the caller wrote.
    ///
    /// # Errors
    /// A text for the assistant: one of them is wrong.
    pub fn of(
        tool: &Spec,
        rest: Rest,
        given: Given,
        arguments: &mut JsonObject,
        options: &ToolOptions,
    ) -> Result<Self, String> {
        let selection = match arguments.shift_remove(FIELDS) {
            Some(fields) if options.field_selection => Selection::parse(&fields, tool.fields)?,
            _ => Selection::All,
        };
        let asked = match rest.way {
            Way::Own => Asked {
                text_offset: take_number(arguments, TEXT_OFFSET)?.unwrap_or(0),
                text_length: take_number(arguments, TEXT_LENGTH)?.filter(|length| *length > 0),
                item_offset: take_number(arguments, ITEM_OFFSET)?.unwrap_or(0),
            },
            Way::By(_) | Way::None => Asked::default(),
        };
        let undoubled = rest.doubled
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
            rest,
            given,
            selection,
            asked,
            undoubled,
            page: Page::of(tool.paging, tool.usual_count, arguments),
        })
    }

    /// Whether this JSON, of which everything may be shown, is shown as it came.
    pub fn takes_whole(&self, json: &RawValue, max_tokens: usize) -> bool {
        self.page.is_plain()
            && !self.undoubled
            && self.asked.is_everything()
            && self.selection == Selection::All
            && limit::fits_as_it_is(json.get(), max_tokens)
            && !hidden::may_be_in(json.get())
    }

    /// Writes what may be shown. `notes` say what was read into the arguments, and what may not
    /// be shown.
    pub fn write(
        mut self,
        mut value: Value,
        mut notes: Vec<String>,
        options: &ToolOptions,
    ) -> Called {
        self.page.take(&mut value);
        let about = About::of(&value, self.rest, &self.given);
        if self.undoubled {
            leave_out_json(&mut value);
        }
        let mut value = self.selection.apply(value);
        // Before it is cut, so that places in texts count what is shown.
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
        Called::json_without(fitted.text, notes, removed)
    }
}

/// Takes a number out of the arguments; absent as `null` is.
fn take_number(arguments: &mut JsonObject, name: &str) -> Result<Option<usize>, String> {
    let value = match arguments.shift_remove(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value,
    };
    let text = match &value {
        Value::String(text) => text.trim().to_owned(),
        // A whole number may come as `4000.0`.
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() == 0.0 => format!("{float:.0}"),
            _ => number.to_string(),
        },
        _ => String::new(),
    };
    match text.parse::<u32>() {
        Ok(number) => Ok(Some(usize::try_from(number).unwrap_or(usize::MAX))),
        Err(_) => Err(format!(
            "{name}: expected a number from 0 on, received {value}"
        )),
    }
}

/// Of documents, the text as the editor's JSON.
fn leave_out_json(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(leave_out_json),
        Value::Object(document) => {
            document.shift_remove("json");
        }
        _ => {}
    }
}
