//! The code that confirms a call where the client cannot ask its user: `k7qp` in
//! `HARBOR-12 k7qp`.
//!
//! It is a tag ([`KeyRing::tags`]) of the principal, the tool, its arguments, the subject and a
//! minute, so only the preview of exactly this call names it, any replica can check it, and the
//! server keeps nothing. Four letters are a million codes: a guess is one more preview.

use chrono::{DateTime, Utc};
use sealing::KeyRing;
use unicode_normalization::UnicodeNormalization;

use crate::calls::binding::Binding;

/// Digits and letters that are not taken for each other.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 4;
/// The number of whole minutes for which a code is valid.
const MINUTES: i64 = 5;

/// The codes of one call.
pub(super) struct CallCode<'a> {
    pub keys: &'a KeyRing,
    pub binding: Binding,
    /// The key or name of the item.
    pub subject: &'a str,
    pub now: DateTime<Utc>,
}

impl CallCode<'_> {
    /// The text for `confirm`: the subject and a code.
    pub(super) fn text(&self) -> String {
        let code = self.codes(0).next().expect("a ring has a key");
        format!("{} {code}", self.subject)
    }

    /// Whether a text ends with a code that was given out in the last minutes.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let is_sign = |sign: &char| sign.is_ascii_alphanumeric();
        let text: String = text.nfkc().flat_map(char::to_lowercase).collect();
        let word = text.split_whitespace().next_back().unwrap_or_default();
        let word: String = word.chars().filter(is_sign).collect();
        (0..=MINUTES).any(|ago| self.codes(ago).any(|code| code == word))
    }

    /// The code of a minute, with each key.
    fn codes(&self, minutes_ago: i64) -> impl Iterator<Item = String> {
        let minute = self.now.timestamp().div_euclid(60) - minutes_ago;
        let text = format!("{minute}\n{}", self.subject);
        let tags: Vec<_> = self
            .keys
            .tags(self.binding.place("confirm"), &text)
            .collect();
        tags.into_iter().map(|tag| {
            let letters = tag.iter().take(LENGTH);
            letters
                .map(|byte| char::from(LETTERS[usize::from(byte % 32)]))
                .collect()
        })
    }
}
