//! Texts as people and programs paste them.

use unicode_normalization::UnicodeNormalization;

/// In bytes. Nothing but free text is longer; what is, is not looked at.
pub(in crate::mcp) const MAX_TEXT: usize = 1024;
/// Ways to write that nothing is to be there.
const NONE: [&str; 4] = ["none", "なし", "無し", "(none)"];

/// Without what surrounds it, and with full-width characters as plain ones: `　ＨＡＲＢＯＲ\n` →
/// `HARBOR`. `None` if it is too long to be anything but free text.
pub(in crate::mcp) fn clean(text: &str) -> Option<String> {
    if text.len() > MAX_TEXT {
        return None;
    }
    let plain: String = match text.is_ascii() {
        true => text.to_owned(),
        false => text.nfkc().collect(),
    };
    Some(plain.trim_matches(is_edge).to_owned())
}

/// Blanks, control characters, and what cannot be seen.
fn is_edge(character: char) -> bool {
    character.is_whitespace() || character.is_control() || is_invisible(character)
}

fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{FEFF}')
}

/// Whether a text means that nothing is to be there.
pub(in crate::mcp) fn is_none_word(text: &str) -> bool {
    // The longest is nine bytes, full width.
    text.len() <= 64
        && clean(text).is_some_and(|text| NONE.contains(&text.to_ascii_lowercase().as_str()))
}

/// A number of digits only.
pub(in crate::mcp) fn digits(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

/// The number of `id:12`, which is no name.
pub(in crate::mcp) fn written_id(text: &str) -> Option<i64> {
    let (word, number) = text.split_once(':')?;
    let is_id = word.trim_end().eq_ignore_ascii_case("id");
    digits(number.trim_start()).filter(|_| is_id)
}

/// As an error repeats it.
pub(super) fn quoted(text: &str) -> String {
    let quoted = crate::mcp::names::quoted(text);
    match text.len() {
        0..=MAX_TEXT => quoted,
        _ => format!("{quoted} ({} characters)", text.chars().count()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_surrounds_a_text_is_none_of_it() {
        for (text, expected) in [
            ("HARBOR", "HARBOR"),
            (" \tHARBOR\r\n", "HARBOR"),
            ("　ＨＡＲＢＯＲ－１　", "HARBOR-1"),
            ("\u{FEFF}HARBOR\u{200B}\0", "HARBOR"),
            ("a  b", "a  b"),
            ("", ""),
        ] {
            assert_eq!(clean(text).as_deref(), Some(expected), "{text:?}");
        }
        assert_eq!(clean(&"a".repeat(MAX_TEXT + 1)), None);
    }

    #[test]
    fn an_id_may_be_written_as_one() {
        for text in ["id:12", "ID: 12", "id : 12"] {
            assert_eq!(written_id(text), Some(12), "{text}");
        }
        for text in ["12", "id:", "id:x", "id:-1", "void:12", "id:1:2", "id 12"] {
            assert_eq!(written_id(text), None, "{text}");
        }
    }

    #[test]
    fn nothing_has_words() {
        for text in ["none", "None", "ＮＯＮＥ", " none\n", "なし", "無し"] {
            assert!(is_none_word(text), "{text}");
        }
        for text in ["", "non", "nonexistent", "0", "null-safe"] {
            assert!(!is_none_word(text), "{text}");
        }
    }
}
