//! An identity provider that a space trusts to say who a user is.

use chrono::{DateTime, Utc};
use oauth_values::{CheckKey, Scopes, token::TokenHash};
use sha2::{Digest, Sha256};

use super::{IdentityProviderId, SpaceId};

#[derive(Clone, Debug)]
pub struct IdentityProvider {
    pub id: IdentityProviderId,
    pub space: SpaceId,
    /// As in the claim `iss`.
    pub issuer: String,
    /// `None`: the discovery document of the issuer names it.
    pub jwks_uri: Option<String>,
    /// `None`: the issuer identifier of the hub at which an assertion is presented.
    pub audience: Option<String>,
    pub mapping: Mapping,
    /// Whether an address maps although the provider does not say that it has verified it.
    pub trust_unverified_mail: bool,
    /// The most that an assertion gives, and what one without a scope gives.
    pub scopes: Scopes,
    /// Whether its keys may be at an address of a private network.
    pub allow_private: bool,
    /// When the operator last changed it. A token is issued only under the rules that were read.
    pub updated_at: DateTime<Utc>,
}

/// How a subject that is not linked yet becomes a user of Backlog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mapping {
    /// By the address of the account at Backlog, the first time.
    Mail,
    /// Only by a link that the operator makes.
    Subject,
}

impl Mapping {
    /// A mapping that this version does not know is the strictest one.
    pub fn named(name: &str) -> Self {
        match name {
            "mail" => Self::Mail,
            _ => Self::Subject,
        }
    }
}

/// What the keyed check of an address is of.
const MAIL: &str = "identity_mail";

/// The form in which the address of an account is stored. It names the space, so the hashes of two
/// spaces cannot be compared, and includes the hub's keyed check: without the key, nobody can try
/// addresses against a copy of the database. Only ASCII letters have a case here: two addresses that
/// some other rule makes equal may be those of two users.
pub fn mail_hash(key: &CheckKey, space: SpaceId, mail: &str) -> TokenHash {
    let text = format!("{space} {}", mail.to_ascii_lowercase());
    let keyed = key.check(MAIL, text.as_bytes());
    let digest = Sha256::new()
        .chain_update(MAIL)
        .chain_update(&text)
        .chain_update(keyed)
        .finalize();
    TokenHash::of_digest(digest.into())
}

#[cfg(test)]
mod tests {
    use foundation::random::Random;
    use uuid::Uuid;

    use super::*;

    fn key(byte: u8) -> CheckKey {
        let random = Random::from_fn(move |bytes| bytes.fill(byte));
        CheckKey::parse(&CheckKey::generate(&random)).expect("a key")
    }

    #[test]
    fn an_address_is_the_same_in_any_case_and_another_in_another_space() {
        let [one, other] = [1, 2].map(|number| SpaceId(Uuid::from_u128(number)));
        let hash = mail_hash(&key(1), one, "haruka@acme.example");
        assert_eq!(hash, mail_hash(&key(1), one, "Haruka@ACME.example"));
        assert_ne!(hash, mail_hash(&key(2), one, "haruka@acme.example"));
        assert_ne!(hash, mail_hash(&key(1), other, "haruka@acme.example"));
        for another in [
            "haruka@acme.example.org",
            " haruka@acme.example",
            "haruka@acme.example\u{a0}",
            // The sign for kelvin is a lower-case k elsewhere.
            "haru\u{212a}a@acme.example",
        ] {
            assert_ne!(hash, mail_hash(&key(1), one, another), "{another}");
        }
    }

    #[test]
    fn an_unknown_mapping_is_the_strictest() {
        assert_eq!(Mapping::named("mail"), Mapping::Mail);
        for name in ["subject", "", "MAIL", "anything"] {
            assert_eq!(Mapping::named(name), Mapping::Subject, "{name}");
        }
    }
}
