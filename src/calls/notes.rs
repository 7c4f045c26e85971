//! Notes for the model about a result: which texts and lists were cut, where, and the call that
//! continues.

use std::fmt::Write;

use rmcp::model::JsonObject;
use serde_json::{Map, Value};

use super::{
    limit::{Fitted, RequestedPart},
    page::Page,
    prefix::ToolPrefix,
    window::{LABEL, TextPart},
};
use crate::toolkit::rest::{ITEM_OFFSET, Reading, Rest, Source, TEXT_OFFSET, Way};

/// The maximum length of an argument that is written out in such a call.
const LONGEST_ARGUMENT: usize = 300;
/// The maximum number of texts or lists that are named.
const NAMED: usize = 3;

/// The arguments of a call as the caller gave them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    arguments: JsonObject,
    /// Whether all of them are kept; long ones are left out.
    is_whole: bool,
}

impl Given {
    pub(crate) fn of(arguments: &JsonObject) -> Self {
        let short = |value: &Value| match value {
            Value::String(text) => text.len() <= LONGEST_ARGUMENT,
            Value::Array(_) | Value::Object(_) => value.to_string().len() <= LONGEST_ARGUMENT,
            _ => true,
        };
        let kept = arguments.iter().filter(|(_, value)| short(value));
        let arguments_kept: JsonObject = kept
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        Self {
            is_whole: arguments_kept.len() == arguments.len(),
            arguments: arguments_kept,
        }
    }
}

/// Identifies the item that a part belongs to, taken before fields are left out.
#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    /// The time of the last change, as Backlog reports it.
    updated: Option<String>,
    /// The inputs of the call that reads it, if another tool reads it.
    inputs: Option<JsonObject>,
}

impl About {
    /// `output` is an item, or a list with the item as its first element.
    pub(crate) fn of(output: &Value, rest: Rest, given: &Given) -> Self {
        let thing = match output {
            Value::Array(items) => items.first().unwrap_or(&Value::Null),
            thing => thing,
        };
        let updated = ["updated", "created"]
            .into_iter()
            .find_map(|field| thing[field].as_str());
        let inputs = match rest.way {
            Way::By(reading) => inputs_of(reading, thing, given),
            Way::Own | Way::None => None,
        };
        Self {
            updated: updated.map(str::to_owned),
            inputs,
        }
    }
}

/// Returns the inputs of the call that reads an item; `None` if the item does not identify itself.
fn inputs_of(reading: Reading, thing: &Value, given: &Given) -> Option<JsonObject> {
    let mut inputs = Map::new();
    for (input, source) in reading.inputs {
        let value = match source {
            Source::Output(pointer) => Some(thing.pointer(pointer)?.clone()),
            Source::After(pointer) => {
                let id = thing.pointer(pointer)?.as_u64()?;
                Some(Value::from(id.saturating_add(1)))
            }
            Source::Argument(name) => given.arguments.get(*name).cloned(),
            Source::Number(number) => Some(Value::from(*number)),
        };
        if let Some(value) = value.filter(|value| !value.is_null()) {
            inputs.insert((*input).to_owned(), value);
        }
    }
    Some(inputs)
}

/// Everything that a note needs.
pub(crate) struct Noting<'a> {
    pub tool: &'static str,
    pub rest: Rest,
    pub prefix: &'a ToolPrefix,
    pub given: &'a Given,
    pub about: &'a About,
    pub asked: RequestedPart,
    /// The number of characters of the longest text that could be shown.
    pub longest_text: usize,
    /// The number of entries in the inner lists of one item.
    pub entries: usize,
    pub page: &'a Page,
}

impl Noting<'_> {
    /// Writes the note on a result of `all` elements, the last of which is `last`.
    pub(crate) fn note(
        &self,
        fitted: &Fitted,
        all: Option<usize>,
        last: Option<&Value>,
    ) -> Option<String> {
        let mut sentences = Vec::new();
        self.say_texts(fitted, &mut sentences);
        self.say_lists(fitted, &mut sentences);
        if fitted.fields_missing {
            let text = "It is too long to show completely: fields are missing at its end.";
            sentences.push(text.to_owned());
        }
        if self.asked.goes_on() && fitted.texts.is_empty() && fitted.next_entry.is_none() {
            sentences.push(self.say_end());
        }
        match (all, fitted.left) {
            // The note on the first part described the pages.
            (Some(_), 0) if self.asked.goes_on() => {}
            (Some(_), left) if self.asked.goes_on() => {
                sentences.push(match left {
                    1 => "1 more entry continues there: ask for fewer at a time.".to_owned(),
                    left => format!("{left} more entries continue there: ask for fewer at a time."),
                });
            }
            (Some(all), _) => sentences.extend(self.page.note(fitted.kept, all, last)),
            (None, _) => {}
        }
        (!sentences.is_empty()).then(|| sentences.join(" "))
    }

    /// Reports that nothing is left to read.
    fn say_end(&self) -> String {
        let RequestedPart {
            text_offset,
            item_offset,
            ..
        } = self.asked;
        let (longest, entries) = (self.longest_text, self.entries);
        match (text_offset, item_offset) {
            (_, first) if first > 0 && first >= entries => {
                let entries = match entries {
                    1 => "1 entry".to_owned(),
                    entries => format!("{entries} entries"),
                };
                format!("{ITEM_OFFSET} {first} is past the end of its lists, which have {entries}.")
            }
            (0, first) => format!("This is the end of its lists, starting at entry {first}."),
            (from, _) if from >= longest => format!(
                "{TEXT_OFFSET} {from} is past the end of its texts, the longest of which has \
                 {longest} characters."
            ),
            (from, 0) => format!(
                "{TEXT_OFFSET} {from} has no effect: no text in it has more than {LABEL} \
                 characters, and shorter ones are shown whole."
            ),
            (from, first) => {
                format!("From entry {first} on, no long text has a character {from}.")
            }
        }
    }

    fn say_texts(&self, fitted: &Fitted, sentences: &mut Vec<String>) {
        let texts = &fitted.texts;
        if texts.is_empty() {
            return;
        }
        let named = texts
            .iter()
            .take(NAMED)
            .map(|text| match (text.from, text.to) {
                (0, to) => format!("{} was cut at character {to} of {}", named(text), text.of),
                (from, to) if to == text.of => {
                    format!(
                        "{} is shown from character {from} to its end at {to}",
                        named(text)
                    )
                }
                (from, to) => format!(
                    "{} is shown from character {from} to {to} of {}",
                    named(text),
                    text.of
                ),
            });
        let mut sentence = named.collect::<Vec<_>>().join("; ");
        if let Some(more) = texts.len().checked_sub(NAMED).filter(|more| *more > 0) {
            let _ = match more {
                1 => write!(sentence, "; 1 other text was cut too"),
                more => write!(sentence, "; {more} other texts were cut too"),
            };
        }
        if let Some(updated) = &self.about.updated {
            let _ = write!(sentence, " (as of {updated})");
        }
        sentence.push('.');
        sentences.push(sentence);
        let cut = texts.iter().filter(|text| text.to < text.of);
        let next = cut.clone().map(|text| text.to).min();
        if let Some(next) = next {
            // Without progress, the model would ask for the same part again and again.
            let goes_on = cut.clone().all(|text| text.to > text.from);
            sentences.push(match self.call(fitted, TEXT_OFFSET, next) {
                Some(call) if goes_on => format!("To read on, call {call}."),
                _ => "No tool reads on from there.".to_owned(),
            });
        }
    }

    fn say_lists(&self, fitted: &Fitted, sentences: &mut Vec<String>) {
        if fitted.lists.is_empty() {
            return;
        }
        let named = fitted.lists.iter().take(NAMED).map(|list| {
            let (field, shown, of) = (&list.field, list.shown, list.of);
            format!("`{field}` has {shown} of {of} entries here")
        });
        let mut sentence = named.collect::<Vec<_>>().join("; ");
        if let Some(more) = fitted
            .lists
            .len()
            .checked_sub(NAMED)
            .filter(|more| *more > 0)
        {
            let _ = match more {
                1 => write!(sentence, "; 1 other list was cut too"),
                more => write!(sentence, "; {more} other lists were cut too"),
            };
        }
        sentence.push('.');
        sentences.push(sentence);
        let next = fitted.next_entry;
        sentences.push(
            match next.and_then(|next| self.call(fitted, ITEM_OFFSET, next)) {
                Some(call) => format!("For the next entries, call {call}."),
                None => "No tool reads on from there.".to_owned(),
            },
        );
    }

    /// Returns the call that continues, such as `get_issue
    /// {"issueKey":"PROJ-1","textOffset":4000}`.
    fn call(&self, fitted: &Fitted, input: &str, place: usize) -> Option<String> {
        let (tool, mut inputs) = match self.rest.way {
            Way::None => return None,
            Way::By(reading) => {
                let mut inputs = self.about.inputs.clone()?;
                if let Some(organization) = self.given.arguments.get("organization") {
                    inputs.insert("organization".to_owned(), organization.clone());
                }
                (reading.tool, inputs)
            }
            Way::Own => {
                let mut inputs = self.given.arguments.clone();
                inputs.shift_remove(TEXT_OFFSET);
                if fitted.is_single && fitted.kept == 1 {
                    let only = self.page.only_first().into_iter();
                    inputs.extend(only.map(|(name, value)| (name.to_owned(), value)));
                }
                // Texts inside entries continue in the call that shows those entries.
                if input == ITEM_OFFSET || self.asked.item_offset == 0 {
                    inputs.shift_remove(ITEM_OFFSET);
                }
                (self.tool, inputs)
            }
        };
        inputs.insert(input.to_owned(), place.into());
        let prefix = self.prefix;
        Some(
            match self.given.is_whole || matches!(self.rest.way, Way::By(_)) {
                true => format!("{prefix}{tool} {}", Value::Object(inputs)),
                false => format!("{prefix}{tool} with the same arguments and {input} {place}"),
            },
        )
    }
}

fn named(text: &TextPart) -> String {
    match text.field.as_str() {
        "" => "The text".to_owned(),
        field => format!("`{field}`"),
    }
}
