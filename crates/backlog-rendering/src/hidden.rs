//! Removes characters that a model reads but a user does not see, or that display text in a
//! different order than it is stored. Anyone who writes in Backlog can hide instructions with them.
//!
//! 1. [`may_be_in`] scans JSON as Backlog sent it. Most responses have none, and are passed on
//!    unparsed.
//! 2. [`clean`] and [`clean_value`] remove them from text for a model, and count them.
//! 3. [`note`] reports the count along with the response.
//!
//! It removes tag characters (U+E0000–E007F), direction embeddings, overrides and isolates
//! (U+202A–202E, U+2066–2069), and invisible ones (U+200B, U+2060–2064, U+FEFF). It keeps the tags
//! of emoji flags, and the characters that Japanese names, emoji and other scripts need: variation
//! selectors, joiners (U+200C, U+200D) and direction marks (U+200E, U+200F).

use std::{borrow::Cow, ops::Range};

use serde_json::{Map, Value};

/// The first character of the flag of a region such as Scotland; tags name the region.
const BLACK_FLAG: char = '\u{1f3f4}';
const CANCEL_TAG: char = '\u{e007f}';
/// The number of bytes of a tag character in UTF-8.
const TAG_BYTES: usize = 4;

/// A text without hidden characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleaned<'a> {
    /// The text that remains.
    pub text: Cow<'a, str>,
    /// The number of characters removed.
    pub removed: usize,
}

/// Removes hidden characters from a text; a text without any is borrowed.
pub fn clean(text: &str) -> Cleaned<'_> {
    let mut hidden = hidden_in(text).peekable();
    if hidden.peek().is_none() {
        return Cleaned {
            text: Cow::Borrowed(text),
            removed: 0,
        };
    }
    let (mut kept, mut end, mut removed) = (String::with_capacity(text.len()), 0, 0);
    for place in hidden {
        kept.push_str(&text[end..place.start]);
        end = place.end;
        removed += 1;
    }
    kept.push_str(&text[end..]);
    Cleaned {
        text: Cow::Owned(kept),
        removed,
    }
}

/// Removes hidden characters from a text in place; returns their number.
pub fn clean_text(text: &mut String) -> usize {
    let Cleaned {
        text: Cow::Owned(kept),
        removed,
    } = clean(text)
    else {
        return 0;
    };
    *text = kept;
    removed
}

/// Removes hidden characters from all texts and names of fields in place; returns their number.
pub fn clean_value(value: &mut Value) -> usize {
    match value {
        Value::String(text) => clean_text(text),
        Value::Array(items) => items.iter_mut().map(clean_value).sum(),
        Value::Object(fields) => {
            let removed: usize = fields.values_mut().map(clean_value).sum();
            removed + clean_names(fields)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

fn clean_names(fields: &mut Map<String, Value>) -> usize {
    if fields.keys().all(|name| hidden_in(name).next().is_none()) {
        return 0;
    }
    let mut removed = 0;
    let all = std::mem::take(fields).into_iter();
    fields.extend(all.map(|(mut name, value)| {
        removed += clean_text(&mut name);
        (name, value)
    }));
    removed
}

/// Whether JSON may have hidden characters, literally or as escapes. Flags and escaped backslashes
/// cause false positives; there are no false negatives.
pub fn may_be_in(json: &str) -> bool {
    let bytes = json.as_bytes();
    let is_escaped = |at: usize| bytes.get(at + 2..at + 6).is_some_and(is_hidden_unit);
    candidates(json).next().is_some() || memchr::memmem::find_iter(bytes, b"\\u").any(is_escaped)
}

/// The note of a response about removed characters; `None` if none were removed.
pub fn note(removed: usize) -> Option<String> {
    match removed {
        0 => None,
        1 => Some("1 invisible or text-reordering character was removed here.".to_owned()),
        many => Some(format!(
            "{many} invisible or text-reordering characters were removed here."
        )),
    }
}

/// The byte ranges of hidden characters in a text.
fn hidden_in(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut flag_end = 0;
    candidates(text).filter(move |place| {
        if place.start < flag_end {
            return false;
        }
        flag_end = place.start + flag_tags(text, place.start);
        place.start >= flag_end
    })
}

/// The byte ranges of hidden characters and of the tags of flags.
fn candidates(text: &str) -> impl Iterator<Item = Range<usize>> {
    // Every such character starts with one of these bytes, which occur nowhere inside a character.
    let starts = memchr::memchr3_iter(0xe2, 0xef, 0xf3, text.as_bytes());
    starts.filter_map(move |start| {
        let character = text[start..].chars().next()?;
        is_candidate(character).then(|| start..start + character.len_utf8())
    })
}

fn is_candidate(character: char) -> bool {
    matches!(
        character,
        '\u{200b}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// The number of bytes of tags at `start` that belong to the flag before them (UTS #51, emoji tag
/// sequence): two letters of a country, one to four letters or digits of a region, and the end tag.
fn flag_tags(text: &str, start: usize) -> usize {
    if !text[..start].ends_with(BLACK_FLAG) {
        return 0;
    }
    let mut tags = text[start..].chars();
    for length in 1..=7 {
        match tags.next() {
            Some(CANCEL_TAG) if length > 3 => return length * TAG_BYTES,
            Some('\u{e0061}'..='\u{e007a}') => {}
            Some('\u{e0030}'..='\u{e0039}') if length > 2 => {}
            _ => return 0,
        }
    }
    0
}

/// Whether four hexadecimal digits are a hidden character, or the first half of a tag character.
fn is_hidden_unit(digits: &[u8]) -> bool {
    let digits = std::str::from_utf8(digits).ok();
    let unit = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    unit.is_some_and(|unit| unit == 0xdb40 || char::from_u32(unit).is_some_and(is_candidate))
}

#[cfg(test)]
mod tests;
