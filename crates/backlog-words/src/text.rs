//! Cleans texts before they are read, and quotes them for errors.

use caseless::default_case_fold_str;
use unicode_normalization::UnicodeNormalization;

/// The maximum length of a text in bytes. A longer text is not examined.
pub(crate) const MAX_TEXT: usize = 1024;
/// The maximum number of characters of a text that an error repeats.
const MAX_QUOTED: usize = 80;

/// Trims a text, and converts full-width characters to plain ones. `None` if it is too long to be
/// anything but free text.
pub(crate) fn clean(text: &str) -> Option<String> {
    if text.len() > MAX_TEXT {
        return None;
    }
    let plain: String = text.nfkc().collect();
    Some(plain.trim_matches(is_edge).to_owned())
}

/// Cleans a text, folds its case, and collapses its whitespace: `　Ｎｅｘｔ  Friday ` →
/// `next friday`.
pub(crate) fn plain(text: &str) -> Option<String> {
    clean(text).map(|text| folded(&text))
}

/// Folds a name for comparison: width, case, spacing and invisible characters make no difference.
pub(crate) fn folded(text: &str) -> String {
    let compatible: String = text.nfkc().filter(|c| !is_invisible(*c)).collect();
    let folded: String = default_case_fold_str(&compatible).nfkc().collect();
    let words: Vec<_> = folded.split_whitespace().collect();
    words.join(" ")
}

/// Removes the whitespace of a folded text.
pub(crate) fn squeezed(folded: &str) -> String {
    folded.split_whitespace().collect()
}

/// Removes the accents of a folded text. Signs of other scripts stay: `が` is not `か`.
pub(crate) fn unaccented(folded: &str) -> String {
    let is_accent = |sign: &char| matches!(sign, '\u{300}'..='\u{36F}');
    let plain = folded.nfd().filter(|sign| !is_accent(sign)).nfc();
    let mut text = String::with_capacity(folded.len());
    for sign in plain {
        match sign {
            'ø' => text.push('o'),
            'ł' => text.push('l'),
            'đ' => text.push('d'),
            'ı' => text.push('i'),
            'æ' => text.push_str("ae"),
            'œ' => text.push_str("oe"),
            other => text.push(other),
        }
    }
    text
}

/// The brackets and quotes that may be around a text.
const PAIRS: [(char, char); 14] = [
    ('[', ']'),
    ('(', ')'),
    ('<', '>'),
    ('{', '}'),
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('“', '”'),
    ('‘', '’'),
    ('「', '」'),
    ('『', '』'),
    ('【', '】'),
    ('《', '》'),
    ('〈', '〉'),
];

/// Removes brackets and quotes around a name, `#` before it, and punctuation after it. A bracket
/// that belongs to another one within the name stays: `Review (external)`.
pub(crate) fn bare(text: &str) -> &str {
    let mut bare = text;
    loop {
        let trimmed = bare.trim_start_matches(|c: char| c == '#' || c.is_whitespace());
        let ends = |c: char| ".,;:、。".contains(c) || c.is_whitespace();
        let trimmed = without_pair(trimmed.trim_end_matches(ends));
        if trimmed.len() == bare.len() {
            return bare;
        }
        bare = trimmed;
    }
}

/// Removes one pair of brackets or quotes around a text, or one of them without the other.
fn without_pair(text: &str) -> &str {
    for (open, close) in PAIRS {
        let start = text.strip_prefix(open);
        let end = text.strip_suffix(close);
        let inner = start.and_then(|text| text.strip_suffix(close));
        let inner = inner.filter(|inner| !inner.contains([open, close]));
        let lone_start = start.filter(|rest| !rest.contains(close));
        let lone_end = end.filter(|rest| !rest.contains(open));
        if let Some(rest) = inner.or(lone_start).or(lone_end) {
            return rest;
        }
    }
    text
}

/// Removes quotes around words, and the end of a sentence after them: `「明日」`, `friday!`.
pub(crate) fn unquoted(text: &str) -> &str {
    let pairs = [
        ('"', '"'),
        ('\'', '\''),
        ('`', '`'),
        ('“', '”'),
        ('「', '」'),
    ];
    let inner = |(open, close)| text.strip_prefix(open)?.strip_suffix(close);
    let text = pairs.into_iter().find_map(inner).unwrap_or(text).trim();
    let text = text.trim_end_matches([',', '、', '。', '!', '?']);
    // Two dots leave the end of a span open.
    match text.strip_suffix('.') {
        Some(rest) if !rest.ends_with('.') => rest,
        _ => text,
    }
}

/// Parses a number of digits only.
pub(crate) fn digits(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

/// Parses a positive id: `12`, or `id:12`.
pub(crate) fn id(text: &str) -> Option<i64> {
    let number = match text.split_once(':') {
        Some((word, number)) if word.trim_end().eq_ignore_ascii_case("id") => number.trim_start(),
        Some(_) => return None,
        None => text,
    };
    digits(number).filter(|id| *id > 0)
}

/// Quotes a text for an error, truncated if it is long.
pub(crate) fn quoted(text: &str) -> String {
    let quoted = match text.char_indices().nth(MAX_QUOTED) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?} …", &text[..end]),
    };
    match text.len() {
        0..=MAX_TEXT => quoted,
        _ => format!("{quoted} ({} characters)", text.chars().count()),
    }
}

/// Whether a character is whitespace, a control character, or invisible.
pub(crate) fn is_edge(character: char) -> bool {
    character.is_whitespace() || character.is_control() || is_invisible(character)
}

fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{AD}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}'
            | '\u{FEFF}'
            | '\u{E0000}'..='\u{E007F}'
    )
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
    fn folding_keeps_the_script_of_kana() {
        assert_eq!(folded(" Ｉｎ\u{3000}Progress "), "in progress");
        assert_eq!(folded("STRASSE"), folded("straße"));
        assert_eq!(folded("ﾀｽｸ"), "タスク");
        assert_ne!(folded("タスク"), folded("たすく"));
    }

    #[test]
    fn an_accent_is_removed_and_a_sign_of_kana_stays() {
        for (text, expected) in [
            ("Lucía", "lucia"),
            ("Søren Ærø", "soren aero"),
            ("Łukasz", "lukasz"),
            ("がぎぱ", "がぎぱ"),
            ("ガ", "ガ"),
            ("佐藤", "佐藤"),
        ] {
            assert_eq!(unaccented(&folded(text)), expected, "{text}");
        }
    }

    #[test]
    fn brackets_of_a_name_stay() {
        for (text, expected) in [
            ("[HARBOR]", "HARBOR"),
            ("#12", "12"),
            ("「処理中」、", "処理中"),
            ("(\"x\")", "x"),
            ("Review (external)", "Review (external)"),
            ("(old) Review (external)", "(old) Review (external)"),
            ("Review)", "Review"),
            ("[WIP] Crane", "[WIP] Crane"),
            ("#", ""),
            ("「」", ""),
        ] {
            assert_eq!(bare(text), expected, "{text}");
        }
    }

    #[test]
    fn an_open_end_is_not_the_end_of_a_sentence() {
        assert_eq!(unquoted("「明日」"), "明日");
        assert_eq!(unquoted("friday."), "friday");
        assert_eq!(unquoted("friday.."), "friday..");
        assert_eq!(unquoted("\"this week\"!"), "\"this week\"");
    }

    #[test]
    fn an_id_may_be_written_as_one() {
        for text in ["12", "id:12", "ID: 12", "id : 12"] {
            assert_eq!(id(text), Some(12), "{text}");
        }
        for text in [
            "", "0", "id:", "id:x", "id:-1", "void:12", "id:1:2", "id 12",
        ] {
            assert_eq!(id(text), None, "{text}");
        }
    }

    #[test]
    fn a_quoted_text_is_bounded() {
        assert_eq!(quoted("a\u{202E}b\n"), r#""a\u{202e}b\n""#);
        let quoted = quoted(&"x".repeat(100_000));
        assert!(quoted.len() < 200 && quoted.contains("100000"), "{quoted}");
    }
}
