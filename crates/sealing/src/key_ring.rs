//! Sealing: encryption bound to the place where the text is stored.
//!
//! The format is `sealed:v1:<key id>:<base64url of nonce and ciphertext>`, with XChaCha20-Poly1305.
//! The associated data contain table, column, row, key and site, so a sealed text that is moved to
//! another row does not open. The first key of the ring seals; any key opens.
//!
//! A tag is HMAC-SHA-256 over the same place and a text, with a key that is derived from the one
//! that seals: short proof that this service has seen the text, where nothing is to be hidden.

use std::fmt;

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use foundation::random::Random;

const PREFIX: &str = "sealed:v1";
const NONCE_BYTES: usize = 24;

/// Where a sealed text is stored.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub table: &'static str,
    pub column: &'static str,
    pub row: &'a str,
    /// The site that the text is for, which must not change either while the text is used.
    pub bound_to: &'a str,
}

/// The keys, by id, in the order of the setting.
pub struct KeyRing {
    keys: Vec<Key>,
    random: Random,
}

/// A key in the two forms in which it is used.
struct Key {
    id: String,
    cipher: XChaCha20Poly1305,
    mac: Hmac<Sha256>,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRingError {
    #[error("contains no key; expected id:base64[,id:base64…], 32 bytes per key")]
    Empty,
    #[error("entry {0} is not id:base64")]
    Entry(usize),
    #[error("entry {0} has an id that is not 1 to 64 letters, digits, '-' or '_'")]
    Id(usize),
    #[error(
        "key \"{0}\" is not 32 bytes in base64; generate one with `backlog-mcp-hub keys generate`"
    )]
    Key(String),
    #[error("the key id \"{0}\" appears twice; remove one of the two keys")]
    Duplicate(String),
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnsealError {
    #[error("encrypted with key \"{0}\", which is not in ENCRYPTION_KEYS")]
    UnknownKey(String),
    #[error("cannot be decrypted with its key: altered, or moved from another row")]
    Altered,
    #[error("not an encrypted text")]
    Malformed,
}

impl KeyRing {
    /// Parses `id:base64,id:base64`. Line ends count as commas.
    pub fn parse(setting: &SecretString, random: Random) -> Result<Self, KeyRingError> {
        let mut keys: Vec<Key> = Vec::new();
        let entries = setting.expose_secret().split([',', '\n']).map(str::trim);
        for (index, entry) in entries.filter(|entry| !entry.is_empty()).enumerate() {
            let (id, key) = entry
                .split_once(':')
                .ok_or(KeyRingError::Entry(index + 1))?;
            if !is_key_id(id) {
                return Err(KeyRingError::Id(index + 1));
            }
            if keys.iter().any(|known| known.id == id) {
                return Err(KeyRingError::Duplicate(id.to_owned()));
            }
            let bytes = BASE64_STANDARD.decode(key).ok();
            let key = bytes.and_then(|bytes| Key::new(id, &bytes));
            keys.push(key.ok_or_else(|| KeyRingError::Key(id.to_owned()))?);
        }
        if keys.is_empty() {
            return Err(KeyRingError::Empty);
        }
        Ok(Self { keys, random })
    }

    /// A new setting with one key.
    pub fn generate(id: &str, random: &Random) -> SecretString {
        format!("{id}:{}", BASE64_STANDARD.encode(random.bytes::<32>())).into()
    }

    /// Whether the text has the prefix of a sealed one.
    pub fn is_sealed(text: &str) -> bool {
        text.strip_prefix(PREFIX)
            .is_some_and(|rest| rest.starts_with(':'))
    }

    /// The ids of the keys, the sealing one first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| key.id.as_str())
    }

    /// The id of the key that seals.
    pub fn sealing_id(&self) -> &str {
        &self.keys[0].id
    }

    /// Seals `text` for `place` with the first key.
    pub fn seal(&self, place: Place<'_>, text: &SecretString) -> String {
        let Key { id, cipher, .. } = &self.keys[0];
        let nonce = self.random.bytes::<NONCE_BYTES>();
        let payload = Payload {
            msg: text.expose_secret().as_bytes(),
            aad: &associated_data(place, id),
        };
        let ciphertext = cipher
            .encrypt(&XNonce::from(nonce), payload)
            .unwrap_or_else(|_| unreachable!("the cipher takes any text below 256 GiB"));
        let body = BASE64_URL_SAFE_NO_PAD.encode([nonce.as_slice(), &ciphertext].concat());
        format!("{PREFIX}:{id}:{body}")
    }

    /// Opens a text that [`seal`](Self::seal) made for the same `place`.
    pub fn open(&self, place: Place<'_>, sealed: &str) -> Result<SecretString, UnsealError> {
        let (id, body) = sealed
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.strip_prefix(':'))
            .and_then(|rest| rest.split_once(':'))
            .ok_or(UnsealError::Malformed)?;
        let key = self
            .keys
            .iter()
            .find(|known| known.id == id)
            .ok_or_else(|| UnsealError::UnknownKey(id.to_owned()))?;
        let bytes = BASE64_URL_SAFE_NO_PAD
            .decode(body)
            .map_err(|_| UnsealError::Malformed)?;
        let (nonce, ciphertext) = bytes
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(UnsealError::Malformed)?;
        let payload = Payload {
            msg: ciphertext,
            aad: &associated_data(place, id),
        };
        let text = key
            .cipher
            .decrypt(&XNonce::from(*nonce), payload)
            .map_err(|_| UnsealError::Altered)?;
        String::from_utf8(text)
            .map(SecretString::from)
            .map_err(|_| UnsealError::Altered)
    }
}

impl KeyRing {
    /// The tags of `text` at `place`, one of each key. The first one is to be given out; any of
    /// them may have been.
    pub fn tags(&self, place: Place<'_>, text: &str) -> impl Iterator<Item = [u8; 32]> {
        self.keys.iter().map(move |key| {
            let mac = key.mac.clone();
            let mac = mac.chain_update(associated_data(place, &key.id));
            mac.chain_update(text.as_bytes())
                .finalize()
                .into_bytes()
                .into()
        })
    }
}

impl Key {
    /// `None` if the key does not have 32 bytes.
    fn new(id: &str, bytes: &[u8]) -> Option<Self> {
        let cipher = XChaCha20Poly1305::new_from_slice(bytes).ok()?;
        let derived = <Hmac<Sha256> as KeyInit>::new_from_slice(bytes).ok()?;
        let derived = derived.chain_update(b"backlog-mcp-hub tags").finalize();
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&derived.into_bytes()).ok()?;
        Some(Self {
            id: id.to_owned(),
            cipher,
            mac,
        })
    }
}

/// Each part has a length prefix, so no two places have the same bytes.
fn associated_data(place: Place<'_>, key_id: &str) -> Vec<u8> {
    let mut data = Vec::new();
    for part in [place.table, place.column, place.row, place.bound_to, key_id] {
        data.extend((part.len() as u64).to_be_bytes());
        data.extend(part.as_bytes());
    }
    data
}

fn is_key_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'static> = Place {
        table: "grants",
        column: "backlog_access_token",
        row: "1",
        bound_to: "https://acme.backlog.com",
    };

    fn ring(ids: &[&str]) -> KeyRing {
        let settings: Vec<String> = ids
            .iter()
            .map(|id| {
                let random = Random::from_fn({
                    let byte = id.as_bytes()[0];
                    move |bytes| bytes.fill(byte)
                });
                KeyRing::generate(id, &random).expose_secret().to_owned()
            })
            .collect();
        KeyRing::parse(&settings.join(",").into(), Random::system()).expect("a ring")
    }

    #[test]
    fn a_sealed_value_opens_at_the_same_place() {
        let sealed = ring(&["a"]).seal(PLACE, &"秘密".into());
        assert!(sealed.starts_with("sealed:v1:a:"));
        let opened = ring(&["b", "a"]).open(PLACE, &sealed).expect("opens");
        assert_eq!(opened.expose_secret(), "秘密");
    }

    #[test]
    fn another_row_column_table_or_site_does_not_open_it() {
        let ring = ring(&["a"]);
        let sealed = ring.seal(PLACE, &"secret".into());
        for place in [
            Place { row: "2", ..PLACE },
            Place {
                column: "other",
                ..PLACE
            },
            Place {
                table: "spaces",
                ..PLACE
            },
            Place {
                bound_to: "https://evil.example",
                ..PLACE
            },
        ] {
            assert_eq!(
                ring.open(place, &sealed).expect_err("refused"),
                UnsealError::Altered
            );
        }
    }

    #[test]
    fn a_tag_differs_by_key_place_and_text() {
        let first = |ring: &KeyRing, place, text| ring.tags(place, text).next().expect("a tag");
        let (one, two) = (ring(&["a"]), ring(&["b", "a"]));
        let tag = first(&one, PLACE, "text");
        assert_eq!(first(&one, PLACE, "text"), tag);
        assert!(two.tags(PLACE, "text").any(|other| other == tag));
        assert_ne!(first(&two, PLACE, "text"), tag);
        assert_ne!(first(&one, PLACE, "other"), tag);
        assert_ne!(first(&one, Place { row: "2", ..PLACE }, "text"), tag);
    }

    #[test]
    fn a_missing_key_is_named_and_garbage_is_refused() {
        let sealed = ring(&["old"]).seal(PLACE, &"secret".into());
        assert_eq!(
            ring(&["new"]).open(PLACE, &sealed).expect_err("refused"),
            UnsealError::UnknownKey("old".into())
        );
        for text in ["", "sealed:v1:", "sealed:v1:a:!!", "sealed:v1:a:AAAA", "x"] {
            assert!(ring(&["a"]).open(PLACE, text).is_err(), "{text}");
        }
    }

    #[test]
    fn invalid_settings_are_explained() {
        let parse = |text: &str| KeyRing::parse(&text.to_owned().into(), Random::system());
        assert_eq!(parse(" ").expect_err("empty"), KeyRingError::Empty);
        assert_eq!(parse("abc").expect_err("entry"), KeyRingError::Entry(1));
        assert_eq!(parse("a b:AA==").expect_err("id"), KeyRingError::Id(1));
        assert_eq!(
            parse("a:AA==").expect_err("key"),
            KeyRingError::Key("a".into())
        );
    }
}
