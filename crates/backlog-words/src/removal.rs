//! Reads words that remove a value.

use crate::text::plain;

const REMOVAL: [&str; 9] = [
    "none",
    "(none)",
    "<none>",
    "not set",
    "unset",
    "なし",
    "無し",
    "ナシ",
    "未設定",
];

/// Whether a text means that there is no value: `none`, `なし`, `無し`, `未設定`.
///
/// An empty text and `null` are not such words: a caller decides what is not given.
pub fn is_removal(text: &str) -> bool {
    plain(text).is_some_and(|text| REMOVAL.contains(&text.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_removed_in_both_languages() {
        for text in [
            "none",
            "None",
            "ＮＯＮＥ",
            " none\n",
            "(none)",
            "なし",
            "無し",
            "未設定",
        ] {
            assert!(is_removal(text), "{text}");
        }
        for text in ["", "non", "nonexistent", "0", "null", "null-safe", "[]"] {
            assert!(!is_removal(text), "{text}");
        }
    }
}
