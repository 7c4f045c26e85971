//! The note of a result that shows a part of a text, and the way back: a work tool reads the text
//! from the content of a classic tool.

use std::fmt::Write;

use rmcp::model::{ContentBlock, ResourceContents};
use serde_json::Value;

use crate::toolkit::text_part::Part;

const START: &str = "These are the characters from ";

pub(super) fn rest(part: &Part<'_>) -> Option<String> {
    if part.is_whole() {
        return None;
    }
    let Part { from, to, of, .. } = part;
    let mut note = format!("{START}{from} to {to} of {of}.");
    if !part.is_last() {
        let _ = write!(note, " Call again with textOffset {to} for the rest.");
    }
    Some(note)
}

/// A file as [`show`](super::show) returned it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ShownFile {
    /// Its name, type and size.
    pub facts: Value,
    /// The part of its text; `None` if it is not a text.
    pub text: Option<String>,
    /// Whether the content is an image.
    pub is_image: bool,
    /// The number of characters of the whole text.
    pub total_chars: usize,
    /// The notes about it, but for the one about the part.
    pub notes: String,
}

impl ShownFile {
    pub(crate) fn of(content: Vec<ContentBlock>) -> Self {
        let (mut shown, mut texts) = (Self::default(), Vec::new());
        for block in content {
            match block {
                ContentBlock::Text(text) => texts.push(text.text),
                ContentBlock::Resource(embedded) => {
                    if let ResourceContents::TextResourceContents { text, .. } = embedded.resource {
                        shown.text = Some(text);
                    }
                }
                ContentBlock::Image(_) => shown.is_image = true,
                _ => {}
            }
        }
        let mut texts = texts.into_iter();
        let facts = texts.next().unwrap_or_default();
        shown.facts = serde_json::from_str(&facts).unwrap_or_default();
        let notes = texts.collect::<Vec<_>>().join("\n");
        let whole = shown.text.as_deref().map_or(0, |text| text.chars().count());
        shown.total_chars = notes.lines().find_map(total).unwrap_or(whole);
        let others = notes.lines().filter(|note| !note.starts_with(START));
        shown.notes = others.collect::<Vec<_>>().join("\n");
        shown
    }
}

/// The number of characters of the whole text that a note names.
fn total(note: &str) -> Option<usize> {
    let (_, of) = note.strip_prefix(START)?.split_once(" of ")?;
    of.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_the_whole_text_is_read_from_the_note() {
        for (from, length, expected) in [(0, 4, 10), (4, 4, 10), (8, 4, 10), (0, 10, 10)] {
            let part = Part::of_length("潮位表と確認の手順書", from, length);
            let resource = ResourceContents::text(part.text, "backlog://attachments/a");
            let blocks = [
                Some(ContentBlock::text("{\"filename\": \"a.txt\"}")),
                Some(ContentBlock::resource(resource)),
                rest(&part).map(ContentBlock::text),
            ];
            let mut blocks: Vec<_> = blocks.into_iter().flatten().collect();
            if let Some(ContentBlock::Text(notes)) = blocks.get_mut(2) {
                notes.text.push_str("\nPage 2 has no text.");
            }
            let is_part = blocks.len() == 3;
            let shown = ShownFile::of(blocks);
            assert_eq!(shown.total_chars, expected, "{from}");
            assert_eq!(shown.notes == "Page 2 has no text.", is_part, "{shown:?}");
            assert_eq!(shown.text.as_deref(), Some(part.text));
            assert_eq!(shown.facts["filename"], "a.txt");
        }
    }
}
