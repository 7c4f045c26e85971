//! The keyed check: the hub recognizes a credential that it issued without a database query.
//!
//! 1. A credential that the hub issues contains 64 bits of HMAC-SHA-256 over its kind and its
//!    random part, with a key that only the hub has.
//! 2. A presented credential with a valid check was issued here. It may have expired or been
//!    revoked since then.
//! 3. Any other was never issued, or was issued by a version without this check.
//!
//! The check grants nothing. It prevents database queries for made-up credentials, so 64 bits
//! suffice: one guess in 2^64 succeeds, and then costs one query, like a real credential.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use sha2::Sha256;

use foundation::random::Random;

/// The length of a check in bytes.
pub const CHECK_BYTES: usize = 8;
const KEY_BYTES: usize = 32;

/// The key of the checks. All replicas share it; it is stored sealed in the database.
#[derive(Clone)]
pub struct CheckKey {
    mac: Hmac<Sha256>,
    replaces_another: bool,
}

/// The stored text is not a key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key of the checks is not 64 hexadecimal digits")]
pub struct NotACheckKey;

impl CheckKey {
    /// Generates a key, as the text that is sealed and stored.
    pub fn generate(random: &Random) -> SecretString {
        let key = Zeroizing::new(random.bytes::<KEY_BYTES>());
        key.iter()
            .fold(String::with_capacity(2 * KEY_BYTES), |mut text, byte| {
                use fmt::Write;
                let _ = write!(text, "{byte:02x}");
                text
            })
            .into()
    }

    /// Parses the text that [`generate`](Self::generate) made.
    ///
    /// # Errors
    /// [`NotACheckKey`] for any other text.
    pub fn parse(text: &SecretString) -> Result<Self, NotACheckKey> {
        let digits = text.expose_secret().as_bytes();
        if digits.len() != 2 * KEY_BYTES {
            return Err(NotACheckKey);
        }
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        for (byte, digits) in key.iter_mut().zip(digits.chunks(2)) {
            *byte = std::str::from_utf8(digits)
                .ok()
                .and_then(|digits| u8::from_str_radix(digits, 16).ok())
                .ok_or(NotACheckKey)?;
        }
        Hmac::new_from_slice(key.as_slice())
            .map(|mac| Self {
                mac,
                replaces_another: false,
            })
            .map_err(|_| NotACheckKey)
    }

    /// The same key, marked if it replaced another one: an invalid check may then be of that key.
    #[must_use]
    pub fn replacing_another(mut self, replaces_another: bool) -> Self {
        self.replaces_another = replaces_another;
        self
    }

    /// Whether an invalid check may be of an earlier key.
    pub fn replaces_another(&self) -> bool {
        self.replaces_another
    }

    /// The check of a credential; `kind` prevents one kind from passing as another.
    pub fn check(&self, kind: &str, body: &[u8]) -> [u8; CHECK_BYTES] {
        let whole = self.mac(kind, body).finalize().into_bytes();
        let mut check = [0; CHECK_BYTES];
        check.copy_from_slice(&whole[..CHECK_BYTES]);
        check
    }

    /// Whether a presented check is valid, in constant time.
    pub fn is_right(&self, kind: &str, body: &[u8], check: [u8; CHECK_BYTES]) -> bool {
        self.mac(kind, body).verify_truncated_left(&check).is_ok()
    }

    fn mac(&self, kind: &str, body: &[u8]) -> Hmac<Sha256> {
        // No kind contains a zero byte, so kind and body cannot run into each other.
        self.mac
            .clone()
            .chain_update(kind.as_bytes())
            .chain_update([0])
            .chain_update(body)
    }
}

impl fmt::Debug for CheckKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CheckKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> CheckKey {
        let random = Random::from_fn(move |bytes| bytes.fill(byte));
        CheckKey::parse(&CheckKey::generate(&random)).expect("a key")
    }

    #[test]
    fn a_check_is_right_for_its_key_kind_and_body_only() {
        let check = key(1).check("kind", b"body");
        assert!(key(1).is_right("kind", b"body", check));
        assert!(!key(2).is_right("kind", b"body", check));
        assert!(!key(1).is_right("kin", b"dbody", check));
        assert!(!key(1).is_right("kind", b"bodY", check));
        let mut wrong = check;
        wrong[CHECK_BYTES - 1] ^= 1;
        assert!(!key(1).is_right("kind", b"body", wrong));
    }

    /// Replicas of two versions must agree, so the function may not change.
    #[test]
    fn the_check_is_the_one_that_is_in_use() {
        // printf 'bmh_at_\0\1\2' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0707…
        let check = key(7).check("bmh_at_", &[1, 2]);
        assert_eq!(check, [0x96, 0x9c, 0x3c, 0x59, 0x2b, 0xee, 0x09, 0x82]);
    }

    #[test]
    fn a_text_that_is_no_key_is_refused_and_never_shown() {
        for text in ["", "00", &"g".repeat(64), &"0".repeat(63), &"é".repeat(32)] {
            let refused = CheckKey::parse(&text.to_owned().into());
            assert_eq!(refused.expect_err(text), NotACheckKey);
        }
        assert_eq!(format!("{:?}", key(7)), "CheckKey");
    }
}
