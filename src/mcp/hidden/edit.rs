//! Edits a stored text by a passage that was read without its hidden characters.
//!
//! 1. The passage to replace must occur exactly once in the cleaned text.
//! 2. The common start and end of the old and the new passage are left alone.
//! 3. The rest is replaced in the stored text. Hidden characters around it stay where they are;
//!    those inside it are kept, in order, after the new passage.

use std::ops::Range;

use super::{clean, hidden_in};

/// Why a passage cannot be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    #[error("the text does not contain this passage")]
    Missing,
    #[error("the text contains this passage more than once")]
    Repeated,
}

/// Replaces the only occurrence of `old` in `stored`, as shown, with `new`.
///
/// # Errors
/// There is no such occurrence, or more than one.
pub fn replace_once(stored: &str, old: &str, new: &str) -> Result<String, Mismatch> {
    let (shown, old) = (clean(stored).text, clean(old).text);
    let first = old.chars().next().ok_or(Mismatch::Missing)?;
    let start = shown.find(&*old).ok_or(Mismatch::Missing)?;
    if shown[start + first.len_utf8()..].contains(&*old) {
        return Err(Mismatch::Repeated);
    }
    let (before, after) = common_ends(&old, new);
    let changed = stored_range(stored, start + before..start + old.len() - after);
    let (head, tail) = (&stored[..changed.start], &stored[changed.end..]);
    let inside = |place: &Range<usize>| changed.contains(&place.start);
    let kept = hidden_in(stored).filter(inside);
    let kept: String = kept.map(|place| &stored[place]).collect();
    Ok([head, &new[before..new.len() - after], &kept, tail].concat())
}

/// The number of bytes that two texts have in common at the start and, beyond those, at the end.
fn common_ends(one: &str, other: &str) -> (usize, usize) {
    let pairs = one.chars().zip(other.chars());
    let before: usize = pairs
        .take_while(|(one, other)| one == other)
        .map(|(character, _)| character.len_utf8())
        .sum();
    let pairs = one[before..].chars().rev();
    let after = pairs
        .zip(other[before..].chars().rev())
        .take_while(|(one, other)| one == other)
        .map(|(character, _)| character.len_utf8())
        .sum();
    (before, after)
}

/// Maps a range of the shown text to the stored one, without the hidden characters at its ends.
fn stored_range(stored: &str, shown: Range<usize>) -> Range<usize> {
    let (mut start, mut end) = (shown.start, shown.end);
    for hidden in hidden_in(stored) {
        if hidden.start <= start {
            start += hidden.len();
        }
        if hidden.start < end {
            end += hidden.len();
        }
    }
    // An insertion next to hidden characters is placed after them.
    start..end.max(start)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_edit_matches_what_was_shown_and_keeps_what_was_not() {
        for (stored, old, new, expected) in [
            ("a\u{200b}bc", "abc", "abd", "a\u{200b}bd"),
            ("a\u{200b}bc", "a\u{200b}bc", "xbc", "x\u{200b}bc"),
            (
                "\u{202a}old\u{202c} end",
                "old",
                "new",
                "\u{202a}new\u{202c} end",
            ),
            ("a\u{2066}b\u{2069}c", "abc", "xyz", "xyz\u{2066}\u{2069}"),
            ("潮\u{feff}位の表", "潮位", "潮位計", "潮\u{feff}位計の表"),
            ("one\u{200b}two", "onetwo", "one, two", "one\u{200b}, two"),
            ("\u{200b}ab", "ab", "", "\u{200b}"),
            // The tags of a flag are shown.
            (
                "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
                "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
                "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
                "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            ),
            ("ab", "b", "", "a"),
        ] {
            assert_eq!(replace_once(stored, old, new).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn a_passage_must_be_there_once() {
        for (stored, old, expected) in [
            ("abc", "x", Mismatch::Missing),
            ("abc", "", Mismatch::Missing),
            ("abc", "\u{200b}", Mismatch::Missing),
            ("ab a\u{200b}b", "ab", Mismatch::Repeated),
            ("aaa", "aa", Mismatch::Repeated),
        ] {
            assert_eq!(replace_once(stored, old, "y"), Err(expected), "{stored}");
        }
    }

    fn hidden(text: &str) -> String {
        hidden_in(text).map(|place| &text[place]).collect()
    }

    proptest! {
        #[test]
        fn an_edit_is_that_of_the_shown_text_and_loses_nothing(
            before in "[ab\u{200b}\u{202e}潮]{0,8}",
            old in "[c\u{2066}\u{e0041}]{0,3}C[c\u{200b}位\u{e0042}]{0,4}",
            after in "[ab\u{feff}\u{2069}潮]{0,8}",
            new in "[cC位xa]{0,6}",
        ) {
            let stored = [before.as_str(), &old, &after].concat();
            let edited = replace_once(&stored, &clean(&old).text, &new).unwrap();
            let [before, after] = [before, after].map(|text| clean(&text).text.into_owned());
            prop_assert_eq!(&clean(&edited).text, &[before, new, after].concat());
            prop_assert_eq!(hidden(&edited), hidden(&stored));
        }
    }
}
