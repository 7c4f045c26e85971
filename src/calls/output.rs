//! Turns the result of a tool into the output that the client receives.
//!
//! 1. Before the request to Backlog, removes the inputs that the hub itself handles from the
//!    arguments: fields, page, and part of long texts.
//! 2. If nothing has to be left out or rewritten, passes Backlog's JSON on as it is: what decides
//!    that, and the note on the next page, is read from its bytes. Otherwise it is parsed.
//! 3. Reduces the result to the page, the fields and the part, and writes it in the concise form
//!    if that is chosen ([`concise`](crate::calls::concise)).
//! 4. Removes hidden characters ([`hidden`]).
//! 5. Truncates the output to the limit ([`limit`]); a [note](crate::calls::notes) says what is missing.

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
            && !self.page.is_cut()
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::calls::{
        registered_tool::RegisteredTool,
        registry,
        tests::arbitrary_json::{seed, value, written},
    };
    use crate::toolkit::tokens::{fits, tokens};

    /// A text of the output, and the notes.
    type Written = (String, Vec<String>);

    fn output(tool: &RegisteredTool, arguments: &Value) -> ToolOutput {
        let Value::Object(mut arguments) = arguments.clone() else {
            panic!("{arguments} is no object");
        };
        let given = Given::of(&arguments);
        ToolOutput::of(&tool.meta, given, &mut arguments, &ToolOptions::default()).unwrap()
    }

    /// The output of JSON that is passed on as it is; `None` if it has to be parsed.
    fn passed_on(output: &ToolOutput, json: &str, max_tokens: usize) -> Option<Written> {
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        let note = || output.page.note_on_whole(raw.get()).into_iter().collect();
        let whole = output.takes_whole(raw, max_tokens);
        whole.then(|| (raw.get().to_owned(), note()))
    }

    /// The output of JSON that is parsed.
    fn rewritten(mut output: ToolOutput, json: &str, max_tokens: usize) -> Written {
        let value: Value = serde_json::from_str(json).unwrap();
        output.page.received(&value);
        output.page.filtered(&value);
        let options = ToolOptions {
            max_tokens,
            ..ToolOptions::default()
        };
        match output.write(value, Vec::new(), &options) {
            CallOutcome::Json { text, notes, .. } => (text, notes),
            other => panic!("{other:?}"),
        }
    }

    fn parsed(json: &str) -> Value {
        serde_json::from_str(json).unwrap()
    }

    /// Returns the tool of this name.
    fn tool<'a>(tools: &'a [RegisteredTool], name: &str) -> &'a RegisteredTool {
        let tool = tools.iter().find(|tool| tool.meta.name == name);
        tool.unwrap_or_else(|| panic!("no tool {name}"))
    }

    /// A tool for every way to page a list that is not cut, and one that returns a single item.
    fn uncut(page: &Value) -> [(&'static str, Value); 5] {
        [
            ("get_issues", page.clone()),
            ("get_notifications", page.clone()),
            ("get_statuses", page.clone()),
            ("get_users", json!({})),
            ("get_issue", json!({})),
        ]
    }

    /// What the hub would write differently is passed on as Backlog wrote it.
    #[test]
    fn every_form_of_json_keeps_its_bytes_and_its_meaning() {
        let tools = registry::all();
        for json in [
            r"[]",
            "[ ]",
            r#"[{"id":1,"issueKey":"A-1","summary":"潮位"}]"#,
            "[\n  { \"id\" : 1 },\r\n\t{ \"id\" : 2 }\n]",
            r#"[{"id":1,"summary":"\u6f6e\u4f4d \ud83d\udea2"}]"#,
            r#"[{"id":1,"url":"https:\/\/acme.backlog.com\/view\/A-1"}]"#,
            r#"[{"id":1,"summary":"\b\f\n\r\t\"\\\u0000\u001f\u007f"}]"#,
            r#"[{"id":1,"hours":1.50,"more":1e2,"less":-0,"none":-0.0}]"#,
            r#"[{"id":1,"many":12345678901234567890,"less":-9223372036854775808}]"#,
            r#"[{"id":1,"hours":0.1,"tiny":2.5E-3,"huge":1E+30}]"#,
            r#"[{"id":1,"id":2,"name":"a","name":"b"},{"id":3,"id":4}]"#,
            r#"[{"":{"a":[[],{}]}},null,true,"x",7]"#,
            r#"{"id":1,"summary":"\/ \u3042"}"#,
            r#""\u3042""#,
            "17.0",
        ] {
            for (name, arguments) in uncut(&json!({"count": 2})) {
                let output = || output(tool(&tools, name), &arguments);
                let passed = passed_on(&output(), json, 20_000);
                let (text, notes) = passed.unwrap_or_else(|| panic!("{name} parses {json}"));
                assert_eq!(text, json, "{name}");
                let (other, other_notes) = rewritten(output(), json, 20_000);
                assert_eq!(parsed(&text), parsed(&other), "{name} {json}");
                assert_eq!(notes, other_notes, "{name} {json}");
            }
        }
    }

    #[test]
    fn a_part_a_hidden_character_or_too_many_tokens_are_parsed() {
        let list = json!([{"id": 1, "name": "a b c"}, {"id": 2, "name": "d"}]).to_string();
        let cost = tokens(&list);
        let tools = registry::all();
        for (name, arguments, max_tokens, is_whole) in [
            ("get_issues", json!({}), cost, true),
            ("get_issues", json!({}), cost - 1, false),
            ("get_statuses", json!({}), cost, true),
            ("get_statuses", json!({}), cost - 1, false),
            ("get_users", json!({}), cost, true),
            ("get_users", json!({"count": 1}), cost, false),
            ("get_users", json!({"offset": 1}), cost, false),
            ("get_wiki_history", json!({}), cost, false),
            ("get_issue", json!({"textLength": 100}), cost, false),
            ("get_issue", json!({"itemOffset": 1}), cost, false),
            ("get_document", json!({}), cost, false),
            ("get_document", json!({"includeJson": true}), cost, true),
        ] {
            let output = output(tool(&tools, name), &arguments);
            let passed = passed_on(&output, &list, max_tokens);
            assert_eq!(passed.is_some(), is_whole, "{name} {arguments}");
        }
        let output = output(tool(&tools, "get_issues"), &json!({}));
        for hidden in [
            "[{\"name\":\"a\u{200b}b\"}]",
            r#"[{"name":"a\u202Eb"}]"#,
            r#"[{"name":"\udb40\udc41"}]"#,
            "null",
        ] {
            assert_eq!(passed_on(&output, hidden, 20_000), None, "{hidden}");
        }
    }

    #[test]
    fn passing_on_and_rewriting_have_the_same_value_and_notes() {
        let tools = registry::all();
        let items = prop::collection::vec(value(), 0..6);
        let orders = prop::sample::select(vec!["asc", "desc"]);
        let limits = 20..2_000_usize;
        proptest!(|(items in items, seed in seed(), count in 1..6_u64, order in orders,
            max_tokens in limits)| {
            let json = written(&Value::from(items), seed);
            let rewritten_whole = parsed(&json).to_string();
            let page = json!({"count": count, "offset": 3, "order": order});
            for (name, arguments) in uncut(&page) {
                let output = || output(tool(&tools, name), &arguments);
                let passed = passed_on(&output(), &json, max_tokens);
                let (other, other_notes) = rewritten(output(), &json, max_tokens);
                match passed {
                    Some((text, notes)) => {
                        prop_assert_eq!(&text, &json);
                        if fits(&rewritten_whole, max_tokens) {
                            prop_assert_eq!(parsed(&text), parsed(&other), "{}", name);
                            prop_assert_eq!(notes, other_notes, "{}", name);
                        }
                    }
                    // What the hub itself would write is parsed only to be cut or cleaned.
                    None if seed.is_none() && !hidden::may_be_in(&json) => {
                        prop_assert!(!fits(&json, max_tokens), "{}", name);
                    }
                    None => {}
                }
            }
        });
    }
}
