//! An identity provider that a space trusts to say who a user is.

use oauth_values::{Scopes, token::TokenHash};
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
    /// The most that an assertion gives, and what one without a scope gives.
    pub scopes: Scopes,
    /// Whether its keys may be at an address of a private network.
    pub allow_private: bool,
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

/// The form in which the address of an account is stored. It names the space, so the hashes of two
/// spaces cannot be compared.
pub fn mail_hash(space: SpaceId, mail: &str) -> TokenHash {
    let text = format!("{space} {}", mail.trim().to_lowercase());
    TokenHash::of_digest(Sha256::digest(text.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_address_is_the_same_in_any_case_and_another_in_another_space() {
        let [one, other] = [1, 2].map(|number| SpaceId(Uuid::from_u128(number)));
        let hash = mail_hash(one, "haruka@acme.example");
        assert_eq!(hash, mail_hash(one, " Haruka@ACME.example "));
        assert_ne!(hash, mail_hash(one, "haruka@acme.example.org"));
        assert_ne!(hash, mail_hash(other, "haruka@acme.example"));
    }

    #[test]
    fn an_unknown_mapping_is_the_strictest() {
        assert_eq!(Mapping::named("mail"), Mapping::Mail);
        for name in ["subject", "", "MAIL", "anything"] {
            assert_eq!(Mapping::named(name), Mapping::Subject, "{name}");
        }
    }
}
