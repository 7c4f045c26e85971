//! Cuts a part of a long text: from a character to the end of a budget.
//!
//! Offsets count Unicode characters. A part ends after a line if one ends in its second half, or
//! else inside a line, but never inside a grapheme. The consecutive parts of a text make up the
//! whole text.

use unicode_segmentation::GraphemeCursor;

use super::tokens::Counter;

/// A part of a text, and its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    pub text: &'a str,
    /// The first character, counted from 0.
    pub from: usize,
    /// The first character after the part.
    pub to: usize,
    /// The number of characters of the whole text.
    pub of: usize,
}

impl<'a> Part<'a> {
    /// Returns at most `length` characters, starting at character `from`.
    pub(crate) fn of_length(text: &'a str, from: usize, length: usize) -> Self {
        Self::ending(text, from, |rest| {
            let end = rest.char_indices().nth(length);
            end.map_or(rest.len(), |(end, _)| end)
        })
    }

    /// Returns at most `length` characters of at most `max_tokens`, starting at character `from`.
    pub(crate) fn within(text: &'a str, from: usize, length: usize, max_tokens: usize) -> Self {
        Self::ending(text, from, |rest| {
            let mut counter = Counter::default();
            let mut characters = rest.char_indices().take(length);
            let over = characters.find(|(_, character)| {
                counter.push(*character);
                counter.total() > max_tokens
            });
            let long = || rest.char_indices().nth(length);
            over.or_else(long).map_or(rest.len(), |(end, _)| end)
        })
    }

    /// Like [`Self::of_length`], but ends exactly there, even inside a grapheme.
    pub(crate) fn roughly(text: &'a str, from: usize, length: usize) -> Self {
        let place = |text: &str, number| {
            let place = text.char_indices().nth(number);
            place.map_or(text.len(), |(place, _)| place)
        };
        let rest = &text[place(text, from)..];
        let part = &rest[..place(rest, length)];
        Self::at(text, from, part)
    }

    /// `end` finds in the rest of the text the byte at which the part has to end.
    fn ending(text: &'a str, from: usize, end: impl FnOnce(&str) -> usize) -> Self {
        let start = text.char_indices().nth(from);
        let start = start.map_or(text.len(), |(start, _)| start);
        let rest = &text[start..];
        Self::at(text, from, &rest[..neat_end(rest, end(rest))])
    }

    fn at(text: &str, from: usize, part: &'a str) -> Self {
        let of = text.chars().count();
        let from = from.min(of);
        Self {
            text: part,
            from,
            to: from + part.chars().count(),
            of,
        }
    }

    /// Whether it ends at the end of the text.
    pub(crate) fn is_last(&self) -> bool {
        self.to == self.of
    }

    /// Whether it is the whole text.
    pub(crate) fn is_whole(&self) -> bool {
        self.from == 0 && self.is_last()
    }
}

/// Returns the end of a part of at most `end` bytes, at a boundary of graphemes.
fn neat_end(text: &str, end: usize) -> usize {
    if end == text.len() {
        return end;
    }
    let line = text[..end].rfind('\n').map(|place| place + 1);
    if let Some(line) = line.filter(|line| *line > end / 2) {
        return line;
    }
    let mut cursor = GraphemeCursor::new(end, text.len(), true);
    if matches!(cursor.is_boundary(text, 0), Ok(true)) {
        return end;
    }
    match cursor.prev_boundary(text, 0) {
        // Without progress a reader would never reach the end.
        Ok(Some(before)) if before > 0 => before,
        _ => end,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::toolkit::tokens::tokens;

    #[test]
    fn a_part_ends_behind_a_line_or_inside_a_long_one() {
        for (text, from, length, expected) in [
            ("one\ntwo\nthree", 0, 9, "one\ntwo\n"),
            ("one\ntwo\nthree", 8, 9, "three"),
            // A cut after the line would leave less than half.
            ("one\ntwo three four", 0, 10, "one\ntwo th"),
            ("潮位表を確認する", 2, 3, "表を確"),
            ("潮位表", 3, 3, ""),
            ("潮位表", 9, 3, ""),
            // A family and a flag are one character each to a reader.
            ("ab👨‍👩‍👧‍👦c", 0, 4, "ab"),
            ("ab🇯🇵", 0, 3, "ab"),
            ("a\r\nb", 0, 2, "a"),
            // If nothing else would be left, a grapheme is split.
            ("👨‍👩‍👧‍👦", 0, 2, "👨\u{200d}"),
        ] {
            let part = Part::of_length(text, from, length);
            assert_eq!(part.text, expected, "{text} from {from}");
        }
    }

    proptest! {
        #[test]
        fn the_parts_are_the_text(text in "[a-z潮位\n👍🏽 é]{0,200}", budget in 8_usize..60) {
            let (mut from, mut joined) = (0, String::new());
            loop {
                let part = Part::within(&text, from, 40, budget);
                prop_assert!(tokens(part.text) <= budget, "{:?}", part);
                prop_assert!(part.to - part.from <= 40);
                joined.push_str(part.text);
                if part.is_last() {
                    break;
                }
                prop_assert!(part.to > from, "{:?}", part);
                from = part.to;
            }
            prop_assert_eq!(joined, text);
        }
    }
}
