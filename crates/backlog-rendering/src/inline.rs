//! Writes a text of a user on one line: a name, a summary, a cell of a table.
//!
//! 1. Hidden characters are removed ([`crate::hidden`]), and space around the text.
//! 2. A line break becomes `\n`, as two characters; a tab becomes a space; other control characters
//!    are removed.
//! 3. `|` becomes `\|`, and backslashes before it are doubled, so that it separates no cells.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

use crate::{hidden, number::grouped};

/// Returns the text on one line.
pub fn line(text: &str) -> String {
    let cleaned = hidden::clean(text).text;
    let trimmed =
        cleaned.trim_matches(|character: char| character.is_whitespace() || character.is_control());
    let mut line = String::with_capacity(trimmed.len());
    let mut characters = trimmed.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                line.push_str("\\n");
            }
            '\t' => line.push(' '),
            '|' => {
                let unescaped = line.trim_end_matches('\\').len();
                line.push_str(&"\\".repeat(line.len() - unescaped + 1));
                line.push('|');
            }
            control if control.is_control() => {}
            other => line.push(other),
        }
    }
    line
}

/// Returns the text on one line that may start a list item: a character that starts a heading, a
/// fence or a list there has a backslash before it.
pub fn leading(text: &str) -> String {
    at_start(line(text))
}

/// Like [`leading`], for a text that is already on one line.
pub(crate) fn at_start(line: String) -> String {
    match marker(&line) {
        Some(place) => format!("{}\\{}", &line[..place], &line[place..]),
        None => line,
    }
}

/// The place of the character that makes the line the start of a block, if one does.
fn marker(line: &str) -> Option<usize> {
    let first = line.chars().next()?;
    let run = line.len() - line.trim_start_matches(first).len();
    let is_spaced = |place: usize| line[place..].is_empty() || line[place..].starts_with(' ');
    let starts_block = match first {
        '>' | '<' => true,
        '#' => is_spaced(run),
        '`' | '~' | '_' => run >= 3,
        '-' | '+' | '*' => run >= 3 || is_spaced(1),
        '0'..='9' => {
            let place = line.trim_start_matches(|digit: char| digit.is_ascii_digit());
            let place = line.len() - place.len();
            let is_numbered = line[place..].starts_with(['.', ')']) && is_spaced(place + 1);
            return is_numbered.then_some(place);
        }
        _ => false,
    };
    starts_block.then_some(0)
}

/// Returns the start of the text on one line, at most `max_chars` characters. If it is cut, the
/// number of characters of the whole text follows.
pub fn excerpt(text: &str, max_chars: usize) -> String {
    let line = line(text);
    match start(&line, max_chars) {
        // A backslash at the end would escape what follows.
        Some(start) => cut(start.trim_end_matches('\\'), text),
        None => line,
    }
}

/// Returns the start of the text as it is, at most `max_chars` characters, and says so if it is
/// cut.
pub(crate) fn shortened(text: &str, max_chars: usize) -> Cow<'_, str> {
    match start(text, max_chars) {
        Some(start) => Cow::Owned(cut(start, text)),
        None => Cow::Borrowed(text),
    }
}

fn cut(start: &str, whole: &str) -> String {
    let total = grouped(whole.chars().count());
    format!("{start}… ({total} characters in all)")
}

/// The graphemes of the first `max_chars` characters; `None` if there are no more than these.
fn start(text: &str, max_chars: usize) -> Option<&str> {
    let (end, _) = text.char_indices().nth(max_chars)?;
    let mut start = 0;
    for (place, grapheme) in text.grapheme_indices(true) {
        let next = place + grapheme.len();
        if next > end {
            break;
        }
        start = next;
    }
    Some(&text[..start])
}

/// Removes the escapes of `|` that [`line()`] writes, for a text that is in no table.
pub(crate) fn unescaped(line: &str) -> String {
    let mut unescaped = String::with_capacity(line.len());
    for (number, piece) in line.split('|').enumerate() {
        if number > 0 {
            let backslashes = unescaped.len() - unescaped.trim_end_matches('\\').len();
            unescaped.truncate(unescaped.len() - backslashes.div_ceil(2));
            unescaped.push('|');
        }
        unescaped.push_str(piece);
    }
    unescaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_is_one_line() {
        for (text, expected) in [
            ("", ""),
            ("  佐藤　遥  ", "佐藤　遥"),
            ("a\r\nb\nc\rd\u{2028}e\u{85}f", "a\\nb\\nc\\nd\\ne\\nf"),
            ("a\tb\u{1b}[31m\u{0}", "a b[31m"),
            ("a|b", "a\\|b"),
            ("a\\|b", "a\\\\\\|b"),
            ("C:\\temp\\x", "C:\\temp\\x"),
            ("inv\u{202e}oice\u{200b}", "invoice"),
            ("\n# Heading\n", "# Heading"),
        ] {
            assert_eq!(line(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_list_item_starts_no_other_block() {
        for (text, expected) in [
            ("# Status", "\\# Status"),
            ("```", "\\```"),
            ("\u{200b}- x", "\\- x"),
            ("1. x", "1\\. x"),
            ("2)", "2\\)"),
            ("---", "\\---"),
            ("> x", "\\> x"),
            ("<b>", "\\<b>"),
            // Names remain as they are where they can.
            ("2026.11", "2026.11"),
            ("#1", "#1"),
            ("-x", "-x"),
            ("`x`", "`x`"),
            ("[緊急] x", "[緊急] x"),
            ("潮位", "潮位"),
        ] {
            assert_eq!(leading(text), expected, "{text:?}");
        }
    }

    #[test]
    fn an_excerpt_says_that_it_is_one() {
        assert_eq!(excerpt("短い", 2), "短い");
        assert_eq!(excerpt("潮位表を見る", 3), "潮位表… (6 characters in all)");
        assert_eq!(excerpt("ab👨‍👩‍👧c", 4), "ab… (8 characters in all)");
        assert_eq!(excerpt("a|bc", 2), "a… (4 characters in all)");
    }

    proptest! {
        #[test]
        fn no_line_break_and_no_separator_remains(text in any::<String>(), more in "[|\\\\\n\r\t a]{0,12}") {
            let text = text + &more;
            let line = line(&text);
            prop_assert!(!line.contains(char::is_control), "{line:?}");
            let mut is_escaped = false;
            for character in line.chars() {
                prop_assert!(character != '|' || is_escaped, "{line:?}");
                is_escaped = character == '\\' && !is_escaped;
            }
        }

        #[test]
        fn escapes_of_separators_can_be_removed(text in "[a|\\\\潮]{0,20}") {
            prop_assert_eq!(unescaped(&line(&text)), text);
        }
    }
}
