//! Cleans text as users and programs paste it.

use unicode_normalization::UnicodeNormalization;

/// The maximum length in bytes of anything but free text. A longer text is not examined.
pub(crate) const MAX_TEXT: usize = 1024;
/// The maximum length in bytes of a name that an error shows without quotes.
const MAX_PLAIN: usize = 64;
/// Words for an empty value.
const NONE: [&str; 4] = ["none", "なし", "無し", "(none)"];

/// Trims a text, and converts full-width characters to plain ones: `　ＨＡＲＢＯＲ\n` → `HARBOR`.
/// `None` if it is too long to be anything but free text.
pub(crate) fn clean(text: &str) -> Option<String> {
    if text.len() > MAX_TEXT {
        return None;
    }
    let plain: String = match text.is_ascii() {
        true => text.to_owned(),
        false => text.nfkc().collect(),
    };
    Some(plain.trim_matches(is_edge).to_owned())
}

/// Whether a character is whitespace, a control character, or invisible.
fn is_edge(character: char) -> bool {
    character.is_whitespace() || character.is_control() || is_invisible(character)
}

fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{FEFF}')
}

/// Whether a text is a word for an empty value.
pub(crate) fn is_none_word(text: &str) -> bool {
    // The longest word has nine bytes in full width.
    text.len() <= 64
        && clean(text).is_some_and(|text| NONE.contains(&text.to_ascii_lowercase().as_str()))
}

/// Parses a number of digits only.
pub(crate) fn digits(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

/// Parses the number of `id:12`, which is not a name.
pub(crate) fn written_id(text: &str) -> Option<i64> {
    let (word, number) = text.split_once(':')?;
    let is_id = word.trim_end().eq_ignore_ascii_case("id");
    digits(number.trim_start()).filter(|_| is_id)
}

/// Quotes a text for an error.
pub(super) fn quoted(text: &str) -> String {
    let quoted = crate::toolkit::quoted::quoted(text);
    match text.len() {
        0..=MAX_TEXT => quoted,
        _ => format!("{quoted} ({} characters)", text.chars().count()),
    }
}

/// Writes a name as errors show it.
pub(super) fn shown(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    match name.len() <= MAX_PLAIN && !name.is_empty() && name.chars().all(is_plain) {
        true => name.to_owned(),
        false => quoted(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surrounding_whitespace_is_removed() {
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
