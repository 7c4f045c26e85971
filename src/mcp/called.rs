//! What a call came to, and its two ways into the protocol's words: as the library's type, or
//! written at once, where Backlog's JSON is copied and never read.

use rmcp::model::{CallToolResult, ContentBlock};
use serde::Serialize;

use super::structured;

#[derive(Debug)]
pub(super) enum Called {
    /// JSON, and what the caller has to know beside it.
    Json {
        text: String,
        notes: Vec<String>,
    },
    Content(Vec<ContentBlock>),
    /// Why it came to nothing, for the assistant.
    Failed(String),
}

impl Called {
    /// `text` is JSON.
    pub fn json(text: impl Into<Box<str>>, notes: Vec<String>) -> Self {
        let text = text.into().into_string();
        Self::Json { text, notes }
    }

    /// With `structure`, what is JSON is told as `structuredContent` too.
    pub fn into_result(self, structure: bool) -> CallToolResult {
        match self {
            Self::Json { text, notes } => {
                let structured = structure.then(|| structured::of(&text, &notes));
                let texts = [text].into_iter().chain(notes).map(ContentBlock::text);
                let mut result = CallToolResult::success(texts.collect());
                result.structured_content =
                    structured.and_then(|json| serde_json::from_str(&json).ok());
                result
            }
            Self::Content(content) => CallToolResult::success(content),
            Self::Failed(text) => CallToolResult::error(vec![ContentBlock::text(text)]),
        }
    }

    /// The same as JSON, for a client of a revision with a handshake.
    pub fn write(self, structure: bool) -> Vec<u8> {
        match self {
            Self::Json { text, notes } => {
                let structured = structure.then(|| structured::of(&text, &notes));
                let mut out = Vec::with_capacity(2 * text.len() + 1024);
                out.extend_from_slice(b"{\"content\":[");
                for (index, text) in [&text].into_iter().chain(&notes).enumerate() {
                    out.extend_from_slice(if index == 0 { b"" } else { b"," });
                    out.extend_from_slice(b"{\"type\":\"text\",\"text\":");
                    write_json(&mut out, text);
                    out.push(b'}');
                }
                out.push(b']');
                if let Some(structured) = structured {
                    out.extend_from_slice(b",\"structuredContent\":");
                    out.extend_from_slice(structured.as_bytes());
                }
                out.extend_from_slice(b",\"isError\":false}");
                out
            }
            other => {
                let mut result = other.into_result(structure);
                // As the protocol's library does it for these revisions.
                result.result_type = None;
                let mut out = Vec::new();
                write_json(&mut out, &result);
                out
            }
        }
    }
}

fn write_json(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    if let Err(error) = serde_json::to_writer(out, value) {
        unreachable!("texts and the protocol's types are JSON: {error}");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn both_ways_say_the_same() {
        let cases = || {
            [
                Called::json(r#"{"id":1,"name":"a \"b\" あ"}"#, Vec::new()),
                Called::json(
                    r#"{"id":1,"name":"a \"b\" あ"}"#,
                    vec!["One \"2\".".to_owned()],
                ),
                Called::json("{}", vec!["One.".to_owned(), "Two.".to_owned()]),
                Called::json(r#"[{"id":1}]"#, Vec::new()),
                Called::json("[]", vec!["One.".to_owned(), "Two \"2\".".to_owned()]),
                Called::json("17", Vec::new()),
                Called::json("17", vec!["One.".to_owned()]),
                Called::Content(vec![ContentBlock::text("plain")]),
                Called::Failed("It is\nwrong.".to_owned()),
            ]
        };
        for structure in [false, true] {
            for (ours, theirs) in cases().into_iter().zip(cases()) {
                let shown = format!("{ours:?}");
                let written = ours.write(structure);
                let mut result = theirs.into_result(structure);
                result.result_type = None;
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
}
