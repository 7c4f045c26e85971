//! The code that a user types to connect a device (RFC 8628 §6.1): eight consonants, `WDJB-MJHT`.
//!
//! 1. Without vowels and digits no code is a word, and none of its letters looks like another. There
//!    are 20^8 codes, which is enough because guesses are limited and a code is short-lived.
//! 2. Users type it in any case, with other dashes or none, and in wide letters. Whatever stands
//!    between the letters is ignored if it is a space or a dash, and is an error otherwise.
//! 3. The stored hash includes the hub's keyed check: without the key, nobody can try all codes
//!    against a copy of the database.

use std::fmt;

use foundation::random::Random;
use sha2::{Digest, Sha256};

use super::{check_key::CheckKey, token::TokenHash};

const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const LENGTH: usize = 8;
/// The longest text that is read as a code, in characters.
const LONGEST: usize = 64;
/// What the keyed check is of.
const KIND: &str = "user_code";

/// A code without its dash. `Debug` shows no letter.
#[derive(Clone, PartialEq, Eq)]
pub struct UserCode(String);

impl UserCode {
    pub fn generate(random: &Random) -> Self {
        // Bytes beyond the largest multiple of 20 would make some letters more frequent.
        let limit = u8::MAX - u8::MAX % 20;
        let mut code = String::with_capacity(LENGTH);
        while code.len() < LENGTH {
            let fair = random.bytes::<16>().into_iter().filter(|b| *b < limit);
            let letters = fair.map(|byte| char::from(LETTERS[usize::from(byte % 20)]));
            code.extend(letters.take(LENGTH - code.len()));
        }
        Self(code)
    }

    /// Reads what a user typed; `None` if it cannot be a code.
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.chars().count() > LONGEST {
            return None;
        }
        let mut code = String::with_capacity(LENGTH);
        for c in typed
            .chars()
            .map(narrow)
            .filter(|c| !is_between_letters(*c))
        {
            let letter = c.to_ascii_uppercase();
            let is_letter = u8::try_from(letter).is_ok_and(|byte| LETTERS.contains(&byte));
            if !is_letter || code.len() == LENGTH {
                return None;
            }
            code.push(letter);
        }
        (code.len() == LENGTH).then_some(Self(code))
    }

    /// The code as it is shown, in two groups.
    pub fn shown(&self) -> String {
        let (first, second) = self.0.split_at(LENGTH / 2);
        format!("{first}-{second}")
    }

    /// The hash that the database stores in its place.
    pub fn hash(&self, key: &CheckKey) -> TokenHash {
        let keyed = key.check(KIND, self.0.as_bytes());
        let digest = Sha256::new()
            .chain_update(KIND)
            .chain_update(&self.0)
            .chain_update(keyed)
            .finalize();
        TokenHash::of_digest(digest.into())
    }
}

impl fmt::Debug for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCode")
    }
}

/// The ASCII character of a wide one.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// Spaces, and what keyboards and input methods write for a dash.
fn is_between_letters(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30fc}' | '\u{ff70}' | '\u{200b}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> CheckKey {
        let random = Random::from_fn(move |bytes| bytes.fill(byte));
        CheckKey::parse(&CheckKey::generate(&random)).expect("a key")
    }

    #[test]
    fn a_code_is_read_as_users_type_it() {
        let code = UserCode::parse("WDJB-MJHT").expect("a code");
        for typed in [
            "WDJBMJHT",
            "wdjb-mjht",
            " wdjb mjht ",
            "W D J B M J H T",
            "WDJB–MJHT",
            "WDJBーMJHT",
            "ＷＤＪＢ－ＭＪＨＴ",
            "ｗｄｊｂ　ｍｊｈｔ",
            "wdjb_mjht\n",
        ] {
            assert_eq!(UserCode::parse(typed).as_ref(), Some(&code), "{typed}");
        }
        for typed in [
            "",
            "WDJB-MJH",
            "WDJB-MJHTT",
            "WDJB-MJHA",
            "WDJB-MJH1",
            "WDJB.MJHT",
            "WDJB/MJHT",
            "ВDJB-MJHT",
            &"W".repeat(65),
        ] {
            assert_eq!(UserCode::parse(typed), None, "{typed}");
        }
        assert_eq!(code.shown(), "WDJB-MJHT");
        assert_eq!(format!("{code:?}"), "UserCode");
    }

    #[test]
    fn a_generated_code_can_be_typed_and_codes_differ() {
        let random = Random::system();
        let codes: Vec<_> = (0..100).map(|_| UserCode::generate(&random)).collect();
        for code in &codes {
            assert_eq!(UserCode::parse(&code.shown()).as_ref(), Some(code));
        }
        let hashes: std::collections::HashSet<_> =
            codes.iter().map(|code| code.hash(&key(1))).collect();
        assert_eq!(hashes.len(), codes.len());
    }

    #[test]
    fn a_hash_needs_the_key() {
        let code = UserCode::parse("WDJB-MJHT").expect("a code");
        assert_eq!(code.hash(&key(1)), code.hash(&key(1)));
        assert_ne!(code.hash(&key(1)), code.hash(&key(2)));
    }
}
