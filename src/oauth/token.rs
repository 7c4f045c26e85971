//! The hub's own credentials: opaque strings that own their generation, parsing and hashing.
//!
//! `bmh_at_` + 44 base62 digits (256 random bits) + 6 base62 digits (CRC-32 of all before).
//! The prefix lets a secret scanner find a leaked one; the checksum lets the hub
//! tell a mistyped one from an unknown one without asking the database.

use std::{fmt, marker::PhantomData};

use sha2::{Digest, Sha256};

use crate::random::Random;

const HALF_DIGITS: usize = 22;
const CHECKSUM_DIGITS: usize = 6;

/// What a credential is for; its prefix keeps one from passing as another.
pub trait Kind {
    const PREFIX: &'static str;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident, $name:ident, $prefix:literal;)*) => {$(
        pub enum $kind {}
        impl Kind for $kind {
            const PREFIX: &'static str = $prefix;
        }
        $(#[$doc])*
        pub type $name = Token<$kind>;
    )*};
}

kinds! {
    /// Presented at `/mcp` (RFC 6750).
    AccessKind, AccessToken, "bmh_at_";
    /// Exchanged at `/token` for a new pair (RFC 6749 §6).
    RefreshKind, RefreshToken, "bmh_rt_";
    /// Handed to the client's redirect URI (RFC 6749 §4.1.2).
    CodeKind, AuthorizationCode, "bmh_ac_";
    /// A confidential client's secret.
    SecretKind, ClientSecret, "bmh_cs_";
    /// Lets a client manage its own registration (RFC 7592).
    RegistrationKind, RegistrationAccessToken, "bmh_ra_";
    /// The cookie that tells one browser from another during a sign-in.
    BrowserKind, BrowserId, "bmh_br_";
    /// Proves that a decision came from the page that was shown.
    CsrfKind, CsrfToken, "bmh_cf_";
    /// The `state` of the redirect to Backlog.
    StateKind, BacklogState, "bmh_st_";
}

/// An opaque credential of one [`Kind`]. `Debug` shows only the prefix.
pub struct Token<K> {
    text: String,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> Token<K> {
    pub fn generate(random: &Random) -> Self {
        let high = u128::from_be_bytes(random.bytes());
        let low = u128::from_be_bytes(random.bytes());
        let mut text = String::with_capacity(K::PREFIX.len() + 2 * HALF_DIGITS + CHECKSUM_DIGITS);
        text.push_str(K::PREFIX);
        push_padded(&mut text, high, HALF_DIGITS);
        push_padded(&mut text, low, HALF_DIGITS);
        let checksum = crc32fast::hash(text.as_bytes());
        push_padded(&mut text, checksum.into(), CHECKSUM_DIGITS);
        Self {
            text,
            kind: PhantomData,
        }
    }

    /// Reads a presented credential; `None` if it cannot be one the hub ever issued.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(K::PREFIX)?;
        if digits.len() != 2 * HALF_DIGITS + CHECKSUM_DIGITS
            || !digits.bytes().all(|b| b.is_ascii_alphanumeric())
        {
            return None;
        }
        let (body, checksum) = text.split_at(text.len() - CHECKSUM_DIGITS);
        let mut expected = String::new();
        push_padded(
            &mut expected,
            crc32fast::hash(body.as_bytes()).into(),
            CHECKSUM_DIGITS,
        );
        (expected == checksum).then(|| Self {
            text: text.to_owned(),
            kind: PhantomData,
        })
    }

    /// The credential itself, for the one answer that hands it out.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// What the database keeps in its place.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.text.as_bytes()).into())
    }
}

fn push_padded(text: &mut String, number: u128, width: usize) {
    let digits = base62::encode(number);
    text.extend(std::iter::repeat_n('0', width - digits.len()));
    text.push_str(&digits);
}

impl<K: Kind> fmt::Debug for Token<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", K::PREFIX)
    }
}

/// SHA-256 of a credential. The credentials have 256 random bits, so a plain hash is enough.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The SHA-256 of something else that is kept as a hash.
    pub fn of_digest(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// Reads a stored hash; `None` if it has not 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Reads what [`to_hex`](Self::to_hex) wrote.
    pub fn from_hex(hex: &str) -> Option<Self> {
        if hex.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, digits) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// The row's name in the sealing of what stands beside it.
    pub fn to_hex(self) -> String {
        use fmt::Write;
        self.0.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenHash({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fixed(byte: u8) -> Random {
        Random::from_fn(move |bytes| bytes.fill(byte))
    }

    #[test]
    fn a_generated_token_parses_as_its_own_kind_only() {
        let token = AccessToken::generate(&Random::system());
        assert_eq!(token.reveal().len(), 57);
        assert!(AccessToken::parse(token.reveal()).is_some());
        assert!(RefreshToken::parse(token.reveal()).is_none());
    }

    #[test]
    fn extremes_of_randomness_keep_the_length() {
        for byte in [0, 0xff] {
            let token = RefreshToken::generate(&fixed(byte));
            assert_eq!(token.reveal().len(), 57);
            assert!(RefreshToken::parse(token.reveal()).is_some());
        }
    }

    #[test]
    fn debug_shows_no_digit_of_the_token() {
        assert_eq!(
            format!("{:?}", AccessToken::generate(&fixed(7))),
            "bmh_at_…"
        );
    }

    proptest! {
        #[test]
        fn any_one_wrong_character_is_noticed(position in 7_usize..57, letter in "[0-9A-Za-z]") {
            let token = AccessToken::generate(&fixed(42));
            let mut text = token.reveal().to_owned();
            text.replace_range(position..=position, &letter);
            prop_assert_eq!(AccessToken::parse(&text).is_some(), text == token.reveal());
        }

        #[test]
        fn parsing_never_panics(text in "\\PC*") {
            let _ = AccessToken::parse(&text);
        }
    }
}
