//! Finds the words of a search in a text, and writes the text around them on one line.
//!
//! Width, case and composition of characters make no difference: `ＬＯＧ` finds `log`.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use crate::{hidden, inline};

/// The words of a search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    words: Vec<Vec<char>>,
}

impl Words {
    /// The words of a query, which space separates.
    pub fn of(query: &str) -> Self {
        let query = hidden::clean(query).text;
        let words = query.split_whitespace();
        let words: Vec<_> = words.map(|word| folded(word).collect()).collect();
        Self { words }
    }

    /// The number of words.
    pub fn count(&self) -> usize {
        self.words.len()
    }

    /// Whether every word is in at least one of the texts. It is if there are no words.
    pub fn are_in<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> bool {
        let texts = texts.into_iter().map(|text| folded(text).collect());
        let texts: Vec<Vec<char>> = texts.collect();
        let is_in = |word: &Vec<char>| texts.iter().any(|text| place(text, word).is_some());
        self.words.iter().all(is_in)
    }

    /// The text around the first word that is in it, on one line and at most `max_chars` characters
    /// long besides the marks of what is left out; `None` if no word is in it.
    pub fn around(&self, text: &str, max_chars: usize) -> Option<String> {
        let text = hidden::clean(text).text;
        let (folded, origins): (Vec<char>, Vec<Range<usize>>) = text
            .grapheme_indices(true)
            .flat_map(|(start, grapheme)| {
                let origin = start..start + grapheme.len();
                folded(grapheme).map(move |character| (character, origin.clone()))
            })
            .unzip();
        let hits = self.words.iter().filter_map(|word| {
            let at = place(&folded, word)?;
            Some(origins[at].start..origins[at + word.len() - 1].end)
        });
        let hit = hits.min_by_key(|hit| hit.start)?;
        let left = max_chars.saturating_sub(text[hit.clone()].chars().count());
        let after = |max_chars| length(text[hit.end..].graphemes(true), max_chars);
        let available = text[hit.end..hit.end + after(left)].chars().count();
        let before = text[..hit.start].graphemes(true).rev();
        let start = hit.start - length(before, (left / 2).max(left - available));
        let left = left.saturating_sub(text[start..hit.start].chars().count());
        let end = hit.end + after(left);
        let line = inline::line(&text[start..end]);
        let opening = if start > 0 { "…" } else { "" };
        let closing = if end < text.len() { "…" } else { "" };
        Some(format!("{opening}{line}{closing}"))
    }
}

/// The bytes of the first graphemes that have at most `max_chars` characters.
fn length<'a>(graphemes: impl Iterator<Item = &'a str>, max_chars: usize) -> usize {
    let (mut bytes, mut characters) = (0, 0);
    for grapheme in graphemes {
        characters += grapheme.chars().count();
        if characters > max_chars {
            break;
        }
        bytes += grapheme.len();
    }
    bytes
}

/// Where a word starts in a text.
fn place(text: &[char], word: &[char]) -> Option<usize> {
    match word.is_empty() {
        true => None,
        false => text.windows(word.len()).position(|it| it == word),
    }
}

fn folded(text: &str) -> impl Iterator<Item = char> {
    text.nfkc().flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_snippet_is_the_text_around_the_first_hit() {
        for (query, text, max_chars, expected) in [
            ("berth", "One Berth.", 80, Some("One Berth.")),
            ("ＢＥＲＴＨ", "One\nberth.", 80, Some("One\\nberth.")),
            (
                "ﾃﾞﾌﾟﾛｲ",
                "手順: デプロイの前に確認",
                8,
                Some("…: デプロイの前…"),
            ),
            (
                "two six",
                "one two three four five six",
                9,
                Some("…ne two th…"),
            ),
            ("six", "one two three four five six", 9, Some("…five six")),
            ("seven", "one two", 80, None),
            ("", "one two", 80, None),
            ("a|b", "a|b", 80, Some("a\\|b")),
            ("longword", "a longword b", 3, Some("…longword…")),
        ] {
            let snippet = Words::of(query).around(text, max_chars);
            assert_eq!(snippet.as_deref(), expected, "{query} in {text}");
        }
    }

    #[test]
    fn every_word_has_to_be_in_a_text() {
        for (query, texts, expected) in [
            ("berth TWICE", ["Berth", "twice"], true),
            ("berth thrice", ["Berth", "twice"], false),
            ("", ["Berth", "twice"], true),
            ("　ロック　順序", ["ロックの順序", ""], true),
        ] {
            assert_eq!(Words::of(query).are_in(texts), expected, "{query}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_a_snippet_of_its_own_words(text in "[a-z潮が👍🏽\n\u{3099}\u{200b}ﬃ ]{1,60}", max_chars in 0_usize..40) {
            let words = Words::of(&text);
            let snippet = words.around(&text, max_chars);
            prop_assert_eq!(snippet.is_some(), words.count() > 0);
        }
    }
}
