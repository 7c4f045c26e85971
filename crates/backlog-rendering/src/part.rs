//! Cuts a part of a long text, and says that it is one.
//!
//! Offsets count the characters of the text without its hidden characters. A part ends behind the
//! last line that ends in its second half; where there is none, inside a line, but not inside a
//! character as a reader sees it, unless that one alone is longer than a part. The parts in a row
//! are the whole text.

use unicode_segmentation::GraphemeCursor;

use crate::{hidden, number::grouped};

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The part. That of a page starts with its notice; see [`Part::notice`].
    pub text: String,
    /// Where it starts, in characters.
    pub offset: usize,
    /// The number of characters of the whole text.
    pub total_chars: usize,
    /// The offset of the next part; `None` at the end of the text.
    pub next_offset: Option<usize>,
}

impl Part {
    /// Returns at most `max_chars` characters from `offset` on.
    pub fn of(text: &str, offset: usize, max_chars: usize) -> Self {
        let text = hidden::clean(text).text;
        let cut = Cut::of(&text, offset, max_chars);
        Self {
            text: text[cut.start..cut.end].to_owned(),
            offset: cut.offset,
            total_chars: cut.total_chars,
            next_offset: cut.next_offset,
        }
    }

    /// The line that says which part of the text this is; `None` for the whole text.
    pub fn notice(&self) -> Option<String> {
        notice(self.offset, self.next_offset, self.total_chars)
    }
}

pub(crate) fn notice(offset: usize, next: Option<usize>, total_chars: usize) -> Option<String> {
    let (from, of) = (grouped(offset), grouped(total_chars));
    if offset >= total_chars && offset > 0 {
        return Some(format!(
            "There is nothing at offset {offset}: the text has {of} characters."
        ));
    }
    match next {
        None if offset == 0 => None,
        None => Some(format!(
            "Part of a longer text: characters {from}–{of} of {of}; this is its end."
        )),
        Some(next) => {
            let to = grouped(next);
            Some(format!(
                "Part of a longer text: characters {from}–{to} of {of}; continue with offset {next}."
            ))
        }
    }
}

/// The place of a part: bytes, and characters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    pub start: usize,
    pub end: usize,
    pub offset: usize,
    pub total_chars: usize,
    pub next_offset: Option<usize>,
}

impl Cut {
    pub(crate) fn of(text: &str, offset: usize, max_chars: usize) -> Self {
        let total_chars = text.chars().count();
        let start = byte_of(text, offset);
        let rest = &text[start..];
        let length = neat_end(rest, byte_of(rest, max_chars.max(1)));
        let next = offset.saturating_add(rest[..length].chars().count());
        Self {
            start,
            end: start + length,
            offset,
            total_chars,
            next_offset: (next < total_chars).then_some(next),
        }
    }
}

/// The byte at which a character starts; the end of the text if it has fewer.
fn byte_of(text: &str, character: usize) -> usize {
    let mut places = text.char_indices();
    places.nth(character).map_or(text.len(), |(byte, _)| byte)
}

/// The best place to end at `end` or before it.
fn neat_end(text: &str, end: usize) -> usize {
    if end == text.len() {
        return end;
    }
    if let Some(line) = text[..end].rfind('\n').map(|line| line + 1)
        && line > end / 2
    {
        return line;
    }
    let mut cursor = GraphemeCursor::new(end, text.len(), true);
    if cursor.is_boundary(text, 0) == Ok(true) {
        return end;
    }
    match cursor.prev_boundary(text, 0) {
        Ok(Some(boundary)) if boundary > 0 => boundary,
        // Without progress the rest of the text would be out of reach.
        _ => end,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_part_ends_behind_a_line_or_between_characters() {
        for (text, offset, max_chars, expected, next) in [
            ("潮位表\n確認\n終わり", 0, 7, "潮位表\n確認\n", Some(7)),
            ("潮位表\n確認\n終わり", 7, 7, "終わり", None),
            ("a\nbcdefghij", 0, 8, "a\nbcdefg", Some(8)),
            ("ab👨‍👩‍👧c", 0, 4, "ab", Some(2)),
            ("👨‍👩‍👧", 0, 2, "👨\u{200d}", Some(2)),
            ("か\u{3099}き", 0, 1, "か", Some(1)),
            ("abc", 0, 0, "a", Some(1)),
            ("abc", 9, 5, "", None),
            ("a\u{200b}bc", 1, 5, "bc", None),
        ] {
            let part = Part::of(text, offset, max_chars);
            assert_eq!(
                (&*part.text, part.next_offset),
                (expected, next),
                "{text} {offset}"
            );
        }
    }

    #[test]
    fn a_part_says_that_it_is_one() {
        let text = "x".repeat(66_000);
        for (offset, max_chars, expected) in [
            (0, 70_000, None),
            (
                0,
                8000,
                Some(
                    "Part of a longer text: characters 0–8,000 of 66,000; continue with offset 8000.",
                ),
            ),
            (
                64_000,
                8000,
                Some("Part of a longer text: characters 64,000–66,000 of 66,000; this is its end."),
            ),
            (
                66_000,
                8000,
                Some("There is nothing at offset 66000: the text has 66,000 characters."),
            ),
        ] {
            let part = Part::of(&text, offset, max_chars);
            assert_eq!(part.notice().as_deref(), expected);
        }
        assert_eq!(Part::of("", 0, 10).notice(), None);
    }

    proptest! {
        #[test]
        fn the_parts_in_a_row_are_the_text(
            text in "[a潮\n👍🏽🇯🇵\u{200d}\u{3099}\r🏴\u{e0061}\u{e007f}\u{200b}]{0,120}",
            max_chars in 0_usize..30,
        ) {
            let (mut joined, mut offset) = (String::new(), Some(0));
            while let Some(from) = offset {
                let part = Part::of(&text, from, max_chars);
                prop_assert!(part.text.chars().count() <= max_chars.max(1));
                joined.push_str(&part.text);
                prop_assert!(part.next_offset.is_none_or(|next| next > from));
                offset = part.next_offset;
            }
            prop_assert_eq!(joined, hidden::clean(&text).text.into_owned());
        }
    }
}
