//! The words of a text that can distinguish issues, in languages with and without spaces.
//!
//! 1. Letters and digits of Latin and similar scripts are words at their boundaries; short and
//!    frequent ones are left out, and so is the plural `s`.
//! 2. A run of katakana is a word.
//! 3. A run of kanji is the pairs of its characters, because its words have no boundaries.
//! 4. Hiragana is left out: it is mostly grammar.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

/// The number of characters of a text that are read.
const MAX_CHARS: usize = 20_000;
/// The shortest word of letters.
const SHORTEST: usize = 3;
/// Words that are in too many texts.
const FREQUENT: [&str; 64] = [
    "the", "and", "for", "are", "was", "were", "not", "but", "with", "from", "that", "this",
    "when", "than", "then", "too", "has", "have", "had", "its", "all", "any", "can", "could",
    "should", "would", "will", "into", "out", "our", "your", "you", "they", "them", "their",
    "there", "here", "what", "which", "who", "how", "why", "does", "did", "done", "after",
    "before", "only", "also", "now", "new", "one", "two", "some", "more", "most", "other", "let",
    "get", "set", "via", "per", "needs", "need",
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Letters,
    Katakana,
    Kanji,
    Other,
}

fn script(sign: char) -> Script {
    match sign {
        '\u{30A0}'..='\u{30FF}' => Script::Katakana,
        '\u{3400}'..='\u{9FFF}' | '々' | '\u{F900}'..='\u{FAFF}' => Script::Kanji,
        '\u{3040}'..='\u{309F}' => Script::Other,
        sign if sign.is_alphanumeric() => Script::Letters,
        _ => Script::Other,
    }
}

/// Returns the words of a text, each once.
pub(super) fn words(text: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut run = String::new();
    let mut kind = Script::Other;
    for sign in text.chars().take(MAX_CHARS).collect::<String>().nfkc() {
        let next = script(sign);
        if next != kind {
            add(&mut words, kind, &run);
            run.clear();
            kind = next;
        }
        if next != Script::Other {
            run.extend(sign.to_lowercase());
        }
    }
    add(&mut words, kind, &run);
    words
}

fn add(words: &mut BTreeSet<String>, kind: Script, run: &str) {
    let length = run.chars().count();
    match kind {
        Script::Letters => {
            let word = singular(run);
            let is_frequent = FREQUENT.contains(&run) || FREQUENT.contains(&word);
            if word.chars().count() >= SHORTEST && !is_frequent {
                words.insert(word.to_owned());
            }
        }
        Script::Katakana if length >= 2 => {
            words.insert(run.to_owned());
        }
        Script::Kanji if length >= 2 => {
            let signs: Vec<_> = run.chars().collect();
            words.extend(signs.windows(2).map(|pair| pair.iter().collect::<String>()));
        }
        _ => {}
    }
}

/// Removes the plural `s`; what remains is a part of both forms, so that Backlog finds both.
fn singular(word: &str) -> &str {
    let stem = word
        .strip_suffix('s')
        .filter(|stem| stem.chars().count() >= SHORTEST && !stem.ends_with(['s', 'u', 'i']));
    stem.unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_several_scripts_are_found() {
        for (text, expected) in [
            (
                "Double bookings, when two skippers confirm",
                vec!["booking", "confirm", "double", "skipper"],
            ),
            (
                "予約確認メールの件名が文字化けする",
                vec!["メール", "予約", "文字", "件名", "約確", "確認", "字化"],
            ),
            ("ＶＡＴ status class", vec!["class", "status", "vat"]),
            ("a の 、!", vec![]),
        ] {
            let mut expected: Vec<_> = expected.into_iter().map(str::to_owned).collect();
            expected.sort();
            assert_eq!(
                words(text).into_iter().collect::<Vec<_>>(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn a_long_text_is_read_in_part() {
        let text = "word ".repeat(100_000);
        assert_eq!(words(&text).len(), 1);
    }
}
