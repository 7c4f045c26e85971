//! The outcome of a call, and its two encodings: as the library's type, or written directly, where
//! Backlog's JSON is copied without being parsed.

use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};
use serde::Serialize;
use serde_json::Value;

use super::{origin, structured};
use crate::toolkit::{consent::Question, hidden};

#[derive(Debug)]
pub(crate) enum CallOutcome {
    /// JSON, and notes about it for the caller.
    Json {
        text: String,
        notes: Vec<String>,
        /// The number of hidden characters removed from the text.
        removed: usize,
    },
    Content(Vec<ContentBlock>),
    /// Markdown of a work tool, and facts for programs that it does not repeat.
    Markdown {
        text: String,
        structured: Option<Value>,
    },
    /// A question to the user, in a call of a client that can ask.
    Question(Question),
    /// Why the call failed, as a text for the model.
    Failed(String),
}

impl CallOutcome {
    /// `text` is JSON.
    pub(crate) fn json(text: impl Into<Box<str>>, notes: Vec<String>) -> Self {
        Self::json_without(text, notes, 0)
    }

    /// `text` is JSON, from which `removed` hidden characters were removed.
    pub(crate) fn json_without(
        text: impl Into<Box<str>>,
        notes: Vec<String>,
        removed: usize,
    ) -> Self {
        let text = text.into().into_string();
        Self::Json {
            text,
            notes,
            removed,
        }
    }

    /// Rewrites the notes about JSON.
    pub(crate) fn with_notes(mut self, rewrite: impl Fn(&str) -> String) -> Self {
        if let Self::Json { notes, .. } = &mut self {
            for note in notes {
                *note = rewrite(note);
            }
        }
        self
    }

    /// Removes hidden characters, and notes how many there were. JSON was cleaned before it was
    /// truncated.
    pub(crate) fn cleaned(self) -> Self {
        match self {
            Self::Json {
                text,
                mut notes,
                removed,
            } => {
                let in_notes: usize = notes.iter_mut().map(hidden::clean_text).sum();
                notes.extend(hidden::note(removed + in_notes));
                Self::json(text, notes)
            }
            Self::Content(mut content) => {
                let removed = content.iter_mut().map(clean_block).sum();
                content.extend(hidden::note(removed).map(ContentBlock::text));
                Self::Content(content)
            }
            Self::Markdown {
                mut text,
                mut structured,
            } => {
                let in_value: usize = structured.iter_mut().map(hidden::clean_value).sum();
                let removed = hidden::clean_text(&mut text).max(in_value);
                let note = hidden::note(removed).into_iter();
                text.extend(note.flat_map(|note| ["\n".to_owned(), note]));
                Self::Markdown { text, structured }
            }
            Self::Question(mut question) => {
                hidden::clean_text(&mut question.text);
                Self::Question(question)
            }
            Self::Failed(mut text) => {
                let removed = hidden::clean_text(&mut text);
                let note = hidden::note(removed).into_iter();
                text.extend(note.flat_map(|note| ["\n".to_owned(), note]));
                Self::Failed(text)
            }
        }
    }

    /// Converts to the library's type. With `structure`, JSON is returned as `structuredContent`
    /// too.
    pub(crate) fn into_result(self, structure: bool) -> CallToolResult {
        let mut result = match self {
            Self::Json { text, notes, .. } => {
                let structured = structure.then(|| structured::of(&text, &notes));
                let texts = [text].into_iter().chain(notes).map(ContentBlock::text);
                let mut result = CallToolResult::success(texts.collect());
                result.structured_content = structured.flatten();
                result
            }
            Self::Content(content) => CallToolResult::success(content),
            Self::Markdown { text, structured } => {
                let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
                result.structured_content = structured;
                result
            }
            Self::Question(question) => {
                CallToolResult::success(vec![ContentBlock::text(question.text)])
            }
            Self::Failed(text) => CallToolResult::error(vec![ContentBlock::text(text)]),
        };
        result.meta = Some(origin::meta());
        result
    }

    /// Appends the same as JSON. `typed` includes the `resultType` of the protocol versions without
    /// a handshake.
    pub(crate) fn write(self, out: &mut Vec<u8>, structure: bool, typed: bool) {
        match self {
            Self::Json { text, notes, .. } => {
                out.reserve(length_of(&text, &notes, structure));
                out.push(b'{');
                if typed {
                    out.extend_from_slice(b"\"resultType\":\"complete\",");
                }
                out.extend_from_slice(b"\"content\":[");
                for (index, text) in [&text].into_iter().chain(&notes).enumerate() {
                    out.extend_from_slice(if index == 0 { b"" } else { b"," });
                    out.extend_from_slice(b"{\"type\":\"text\",\"text\":");
                    write_json(out, text);
                    out.push(b'}');
                }
                out.push(b']');
                if structure {
                    out.extend_from_slice(b",\"structuredContent\":");
                    structured::write(out, &text, &notes);
                }
                out.extend_from_slice(b",\"isError\":false,\"_meta\":");
                write_json(out, &origin::meta());
                out.push(b'}');
            }
            other => {
                let mut result = other.into_result(structure);
                // The protocol's library omits it for the other protocol versions.
                result.result_type = result.result_type.filter(|_| typed);
                write_json(out, &result);
            }
        }
    }
}

/// The bytes of everything in a result but its texts.
const FRAME: usize = 256;

/// The number of bytes of a result of JSON and notes, so that it is written into memory of its
/// size. Notes are short, so theirs is estimated.
fn length_of(json: &str, notes: &[String], structure: bool) -> usize {
    // In JSON, only these are escaped once more: it has no other control characters.
    let is_escaped = |byte: &&u8| matches!(byte, b'"' | b'\\' | b'\n' | b'\r' | b'\t');
    let escapes = json.as_bytes().iter().filter(is_escaped).count();
    let of_notes: usize = notes.iter().map(|note| note.len() + FRAME).sum();
    match structure {
        true => 2 * (json.len() + of_notes) + escapes + FRAME,
        false => json.len() + of_notes + escapes + FRAME,
    }
}

/// Cleans the text of a block; image data has none.
fn clean_block(block: &mut ContentBlock) -> usize {
    match block {
        ContentBlock::Text(text) => hidden::clean_text(&mut text.text),
        ContentBlock::Resource(embedded) => match &mut embedded.resource {
            ResourceContents::TextResourceContents { text, .. } => hidden::clean_text(text),
            _ => 0,
        },
        _ => 0,
    }
}

fn write_json(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    if let Err(error) = serde_json::to_writer(out, value) {
        unreachable!("texts and the protocol's types are JSON: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_removed_and_counted_in_a_note() {
        let texts = |outcome: CallOutcome| -> Vec<String> {
            let content = outcome.cleaned().into_result(false).content;
            let texts = content.into_iter().map(|block| match block {
                ContentBlock::Text(text) => text.text,
                ContentBlock::Resource(embedded) => match embedded.resource {
                    ResourceContents::TextResourceContents { text, .. } => text,
                    other => panic!("{other:?}"),
                },
                other => panic!("{other:?}"),
            });
            texts.collect()
        };
        let said = |removed: usize| hidden::note(removed).unwrap();
        let note = || vec!["a\u{200b}b".to_owned()];
        assert_eq!(texts(CallOutcome::json("{}", Vec::new())), ["{}"]);
        let json = CallOutcome::json_without("{}", note(), 2);
        assert_eq!(texts(json), ["{}", "ab", &said(3)]);
        let failed = CallOutcome::Failed("a\u{202e}b\u{2060}".to_owned());
        assert_eq!(texts(failed), [format!("ab\n{}", said(2))]);
        let resource = ResourceContents::text("c\u{feff}d", "backlog://x");
        let blocks = vec![
            ContentBlock::text("a\u{feff}b"),
            ContentBlock::resource(resource),
        ];
        assert_eq!(texts(CallOutcome::Content(blocks)), ["ab", "cd", &said(2)]);
    }

    #[test]
    fn both_ways_return_the_same() {
        let cases = || {
            [
                CallOutcome::json(r#"{"id":1,"name":"a \"b\" あ"}"#, Vec::new()),
                CallOutcome::json(
                    r#"{"id":1,"name":"a \"b\" あ"}"#,
                    vec!["One \"2\".".to_owned()],
                ),
                CallOutcome::json("{}", vec!["One.".to_owned(), "Two.".to_owned()]),
                CallOutcome::json(r#"[{"id":1}]"#, Vec::new()),
                CallOutcome::json("[]", vec!["One.".to_owned(), "Two \"2\".".to_owned()]),
                CallOutcome::json("17", Vec::new()),
                CallOutcome::json("17", vec!["One.".to_owned()]),
                CallOutcome::Content(vec![ContentBlock::text("plain")]),
                CallOutcome::Failed("It is\nwrong.".to_owned()),
                CallOutcome::json_without("{}", vec!["a\u{200b}b".to_owned()], 2).cleaned(),
                CallOutcome::Failed("a\u{202e}b".to_owned()).cleaned(),
                CallOutcome::Content(vec![ContentBlock::text("a\u{feff}b")]).cleaned(),
            ]
        };
        for (structure, typed) in [(false, false), (true, false), (false, true), (true, true)] {
            for (ours, theirs) in cases().into_iter().zip(cases()) {
                let shown = format!("{ours:?}");
                let mut written = Vec::new();
                ours.write(&mut written, structure, typed);
                let mut result = theirs.into_result(structure);
                if !typed {
                    result.result_type = None;
                }
                let expected = serde_json::to_vec(&result).unwrap();
                assert_eq!(
                    String::from_utf8(written).unwrap(),
                    String::from_utf8(expected).unwrap(),
                    "{shown}"
                );
                let structured = result.structured_content;
                assert_eq!(
                    structured.is_some(),
                    structure && shown.starts_with("Json"),
                    "{shown}"
                );
                assert!(structured.is_none_or(|value| matches!(value, Value::Object(_))));
            }
        }
    }

    #[test]
    fn a_result_is_written_into_memory_of_its_size() {
        let item = r#"{"id":1,"text":"a \"b\"\n\\ 潮位","none":null}"#;
        for json in [
            format!("[{}]", vec![item; 2_000].join(",")),
            format!("[{}]", vec![item; 2_000].join(" ,\n\t")),
            format!("[\"{}\"]", "\\\"".repeat(50_000)),
        ] {
            for structure in [false, true] {
                let mut written = b"{\"result\":".to_vec();
                let notes = vec!["There may be more.".to_owned()];
                CallOutcome::json(json.clone(), notes).write(&mut written, structure, true);
                let (length, capacity) = (written.len(), written.capacity());
                assert!(capacity <= length + length / 50, "{capacity} for {length}");
            }
        }
    }
}
