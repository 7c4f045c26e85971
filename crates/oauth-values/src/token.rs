//! The hub's own credentials: opaque strings, with their generation, parsing and hashing.
//!
//! `bmh_at_` + 44 base62 digits (256 bits) + 6 base62 digits (CRC-32 of all before).
//!
//! 1. With the prefix and the checksum, a secret scanner can find a leaked credential, and the hub
//!    can reject a mistyped one.
//! 2. In a credential that is looked up in the database, the last 64 of the 256 bits are a keyed
//!    check ([`CheckKey`]), so the hub recognizes what it issued without a query. The other 192
//!    bits are random.
//! 3. The length is the same with and without a check, so an older version can parse both.

use std::{fmt, marker::PhantomData};

use foundation::random::Random;
use sha2::{Digest, Sha256};

use super::check_key::{CHECK_BYTES, CheckKey};

const HALF_DIGITS: usize = 22;
const CHECKSUM_DIGITS: usize = 6;

/// The purpose of a credential. Its prefix prevents one kind from passing as another.
pub trait Kind {
    const PREFIX: &'static str;
}

/// A kind with the keyed check, because an unauthenticated request can present it for a lookup.
pub trait Checked: Kind {
    const CREDENTIAL: CredentialKind;
}

/// A kind of credential that an unauthenticated request can present for a lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    AccessToken,
    PersonalToken,
    RefreshToken,
    AuthorizationCode,
    DeviceCode,
    RegistrationToken,
    /// The CSRF value of a consent page.
    ConsentPage,
    /// The `state` of a sign-in.
    State,
    /// The `state` of a sign-in to the connections page.
    AccountState,
    /// The cookie of the connections page.
    AccountSession,
    UploadLink,
    ClientId,
}

impl CredentialKind {
    /// The label `kind` of the metric.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::PersonalToken => "personal_token",
            Self::RefreshToken => "refresh_token",
            Self::AuthorizationCode => "authorization_code",
            Self::DeviceCode => "device_code",
            Self::RegistrationToken => "registration_token",
            Self::ConsentPage => "consent_page",
            Self::State => "state",
            Self::AccountState => "account_state",
            Self::AccountSession => "account_session",
            Self::UploadLink => "upload_link",
            Self::ClientId => "client_id",
        }
    }
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
    /// An access token that a user made, presented at `/mcp` as well.
    PersonalKind, PersonalToken, "bmh_pt_";
    /// Exchanged at `/token` for a new pair (RFC 6749 §6).
    RefreshKind, RefreshToken, "bmh_rt_";
    /// Sent to the client's redirect URI (RFC 6749 §4.1.2).
    CodeKind, AuthorizationCode, "bmh_ac_";
    /// Exchanged at `/token` after its user has entered the user code (RFC 8628 §3.4).
    DeviceKind, DeviceCode, "bmh_dc_";
    /// A confidential client's secret.
    SecretKind, ClientSecret, "bmh_cs_";
    /// Lets a client manage its own registration (RFC 7592).
    RegistrationKind, RegistrationAccessToken, "bmh_ra_";
    /// The cookie that identifies a browser during a sign-in.
    BrowserKind, BrowserId, "bmh_br_";
    /// Proves that a decision came from the page that was shown.
    CsrfKind, CsrfToken, "bmh_cf_";
    /// The `state` of the redirect to Backlog.
    StateKind, BacklogState, "bmh_st_";
    /// The `state` of the redirect to Backlog for the connections page. Neither `state` passes as
    /// the other.
    AccountStateKind, AccountState, "bmh_as_";
    /// The cookie of a session at the connections page.
    AccountSessionKind, AccountSession, "bmh_se_";
    /// In the URL of an upload link.
    UploadKind, UploadToken, "bmh_ul_";
    /// Presented to the local server, which has no sign-in.
    LocalKind, LocalToken, "bmh_lt_";
}

impl Checked for AccessKind {
    const CREDENTIAL: CredentialKind = CredentialKind::AccessToken;
}
impl Checked for PersonalKind {
    const CREDENTIAL: CredentialKind = CredentialKind::PersonalToken;
}
impl Checked for RefreshKind {
    const CREDENTIAL: CredentialKind = CredentialKind::RefreshToken;
}
impl Checked for CodeKind {
    const CREDENTIAL: CredentialKind = CredentialKind::AuthorizationCode;
}
impl Checked for DeviceKind {
    const CREDENTIAL: CredentialKind = CredentialKind::DeviceCode;
}
impl Checked for RegistrationKind {
    const CREDENTIAL: CredentialKind = CredentialKind::RegistrationToken;
}
impl Checked for CsrfKind {
    const CREDENTIAL: CredentialKind = CredentialKind::ConsentPage;
}
impl Checked for StateKind {
    const CREDENTIAL: CredentialKind = CredentialKind::State;
}
impl Checked for AccountStateKind {
    const CREDENTIAL: CredentialKind = CredentialKind::AccountState;
}
impl Checked for AccountSessionKind {
    const CREDENTIAL: CredentialKind = CredentialKind::AccountSession;
}
impl Checked for UploadKind {
    const CREDENTIAL: CredentialKind = CredentialKind::UploadLink;
}

/// An opaque credential of one [`Kind`]. `Debug` shows only the prefix.
pub struct Token<K> {
    text: String,
    kind: PhantomData<fn() -> K>,
}

impl<K: Checked> Token<K> {
    /// Generates a credential with the hub's check.
    pub fn issue(random: &Random, key: &CheckKey) -> Self {
        let (high, low) = (random.bytes::<16>(), random.bytes::<CHECK_BYTES>());
        let check = key.check(K::PREFIX, &body(high, low));
        let low = u128::from(u64::from_be_bytes(low)) << 64;
        let check = u128::from(u64::from_be_bytes(check));
        Self::of_halves(u128::from_be_bytes(high), low | check)
    }

    /// Whether the hub issued it. A credential from an older version has no valid check, like one
    /// that was made up.
    pub fn is_issued_with(&self, key: &CheckKey) -> bool {
        let digits = &self.text[K::PREFIX.len()..];
        let half = |digits: &str| base62::decode(digits).ok();
        let (Some(high), Some(low)) = (
            half(&digits[..HALF_DIGITS]),
            half(&digits[HALF_DIGITS..2 * HALF_DIGITS]),
        ) else {
            return false;
        };
        let low = low.to_be_bytes();
        let (mut random, mut check) = ([0; CHECK_BYTES], [0; CHECK_BYTES]);
        random.copy_from_slice(&low[..CHECK_BYTES]);
        check.copy_from_slice(&low[CHECK_BYTES..]);
        key.is_right(K::PREFIX, &body(high.to_be_bytes(), random), check)
    }
}

/// The random part, which the check covers.
fn body(high: [u8; 16], low: [u8; CHECK_BYTES]) -> [u8; 16 + CHECK_BYTES] {
    let mut body = [0; 16 + CHECK_BYTES];
    body[..16].copy_from_slice(&high);
    body[16..].copy_from_slice(&low);
    body
}

impl<K: Kind> Token<K> {
    /// Generates a credential of 256 random bits, without a check.
    pub fn generate(random: &Random) -> Self {
        let high = u128::from_be_bytes(random.bytes());
        let low = u128::from_be_bytes(random.bytes());
        Self::of_halves(high, low)
    }

    fn of_halves(high: u128, low: u128) -> Self {
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

    /// Parses a presented credential; `None` if it does not have the form of this kind.
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

    /// The credential itself, for the one response that contains it.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// The hash that the database stores in its place.
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

/// The SHA-256 of a credential. Each credential has at least 192 random bits, so a plain hash is
/// enough.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Wraps the SHA-256 of another value that is stored as a hash.
    pub fn of_digest(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// Reads a stored hash; `None` unless it has 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Parses the text that [`to_hex`](Self::to_hex) wrote.
    pub fn from_hex(hex: &str) -> Option<Self> {
        if hex.len() != 64 || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, digits) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// The name of the row, to which sealed text in other columns is bound.
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

    fn key(byte: u8) -> CheckKey {
        CheckKey::parse(&CheckKey::generate(&fixed(byte))).expect("a key")
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
            let made = [
                RefreshToken::generate(&fixed(byte)),
                RefreshToken::issue(&fixed(byte), &key(byte)),
            ];
            for token in made {
                assert_eq!(token.reveal().len(), 57);
                assert!(RefreshToken::parse(token.reveal()).is_some());
            }
        }
    }

    #[test]
    fn the_hub_recognizes_what_it_issued() {
        let issued = AccessToken::issue(&Random::system(), &key(1));
        let read = |text: &str| AccessToken::parse(text).expect("a token");
        assert!(read(issued.reveal()).is_issued_with(&key(1)));
        assert!(!issued.is_issued_with(&key(2)));
        let made_up = AccessToken::generate(&Random::system());
        assert!(!made_up.is_issued_with(&key(1)));
        // The random part of one kind under the prefix of another, with the right checksum.
        let (high, low) =
            issued.reveal()["bmh_at_".len()..][..2 * HALF_DIGITS].split_at(HALF_DIGITS);
        let half = |digits| base62::decode(digits).expect("a number");
        let as_refresh_token = RefreshToken::of_halves(half(high), half(low));
        assert!(!as_refresh_token.is_issued_with(&key(1)));
    }

    /// The number exceeds 128 bits; the hub never generates such digits.
    #[test]
    fn digits_that_exceed_128_bits_are_not_the_hubs() {
        let mut text = format!("bmh_at_{}", "z".repeat(2 * HALF_DIGITS));
        let checksum = crc32fast::hash(text.as_bytes());
        push_padded(&mut text, checksum.into(), CHECKSUM_DIGITS);
        let token = AccessToken::parse(&text).expect("its form is right");
        assert!(!token.is_issued_with(&key(1)));
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
