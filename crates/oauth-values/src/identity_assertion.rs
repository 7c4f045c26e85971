//! The identity assertion of a provider that a space trusts
//! (draft-ietf-oauth-identity-assertion-authz-grant, with the MCP extension
//! `io.modelcontextprotocol/enterprise-managed-authorization`): a client exchanges it for an access
//! token (RFC 7523 §2.1).
//!
//! 1. [`Unverified::read`] rejects everything that is no such assertion, before a key is fetched.
//!    The issuer that it names only serves to find the provider.
//! 2. [`Unverified::verify`] checks the signature, and then each claim against what this server
//!    expects. An assertion is for one server, one client and a short time.
//!
//! No claim of an assertion may be optional that limits where it can be used, and a limit that this
//! server does not know is not ignored: such an assertion is rejected. The time of expiry has no
//! leeway: the access token lives until then.

use std::{cmp::min, fmt};

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, dangerous::insecure_decode_claims, decode_header, jwk::JwkSet};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    client_assertion::{ALGORITHMS, Audience, LEEWAY, MAX_KEYS, is_for},
    signature,
    token::TokenHash,
};

/// The `grant_type` (RFC 7523 §2.1).
pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// The name of the profile in the metadata of the server (§7.2 of the draft).
pub const PROFILE: &str = "urn:ietf:params:oauth:grant-profile:id-jag";

/// The `typ` of every such assertion.
const TYPE: &str = "oauth-id-jag+jwt";
/// The longest time from `iat` to `exp`.
const MAX_LIFETIME: TimeDelta = TimeDelta::hours(1);
/// Longer assertions are not read.
const MAX_BYTES: usize = 8 * 1024;
/// The longest `sub` (OpenID Connect Core 1.0 §2), and the longest address of a mailbox.
const MAX_NAME: usize = 255;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    #[error("it is not a JWT")]
    Malformed,
    #[error("its algorithm is not supported")]
    Algorithm,
    #[error("its type ('typ') is not oauth-id-jag+jwt")]
    Type,
    /// The provider may have new keys, so they are fetched again.
    #[error("its signature is not by any of the provider's keys")]
    UnknownKey,
    #[error("the claim '{0}' is missing or wrong")]
    Claim(&'static str),
    /// It limits the assertion in a way that this server does not enforce.
    #[error("it has '{0}', which is not supported")]
    Unsupported(&'static str),
}

/// What an assertion has to name.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The issuer that the operator trusts, to the byte.
    pub issuer: &'a str,
    /// This authorization server.
    pub audience: &'a str,
    /// The client that has authenticated.
    pub client_id: &'a str,
    /// Whether it must name the MCP endpoint: its audience alone does not name this server.
    pub needs_resource: bool,
    pub now: DateTime<Utc>,
}

/// An assertion with a valid signature and valid claims. Its `jti` may be used once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityAssertion {
    /// The user at the provider.
    pub subject: String,
    /// The address of the user, unless the provider says that it has not verified it.
    pub mail: Option<String>,
    /// Whether the provider says that it has verified the address.
    pub is_mail_verified: bool,
    /// The MCP endpoint that the access token is for.
    pub resource: Option<String>,
    /// The `scope`, which narrows the access.
    pub scope: Option<String>,
    pub jti: TokenHash,
    /// An access token must not live longer.
    pub expires_at: DateTime<Utc>,
}

/// An assertion whose form is right, and nothing else is known of it.
#[derive(Clone)]
pub struct Unverified<'a> {
    text: &'a str,
    algorithm: Algorithm,
    key_id: Option<String>,
    /// The issuer that it names.
    pub issuer: String,
}

/// Without the text, with which its holder gets access.
impl fmt::Debug for Unverified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unverified")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: Option<String>,
    sub: Option<String>,
    aud: Option<Audience>,
    client_id: Option<String>,
    resource: Option<Audience>,
    scope: Option<String>,
    email: Option<String>,
    email_verified: Option<Value>,
    exp: Option<i64>,
    iat: Option<i64>,
    nbf: Option<i64>,
    jti: Option<String>,
    #[serde(flatten)]
    limits: Limits,
}

/// Claims that limit an assertion further: to the holder of a key (RFC 7800), to details of the access
/// (RFC 9396), and to a tenant of the provider or of the server (§6.2 of the draft). None is supported.
#[derive(Deserialize)]
struct Limits {
    cnf: Option<Value>,
    authorization_details: Option<Value>,
    tenant: Option<Value>,
    aud_tenant: Option<Value>,
}

impl<'a> Unverified<'a> {
    /// Reads the header and the issuer of an assertion.
    pub fn read(text: &'a str) -> Result<Self, IdentityError> {
        #[derive(Deserialize)]
        struct Issuer {
            iss: String,
        }
        if text.len() > MAX_BYTES {
            return Err(IdentityError::Malformed);
        }
        let header = decode_header(text).map_err(|_| IdentityError::Malformed)?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(IdentityError::Algorithm);
        }
        if !header.typ.as_deref().is_some_and(is_type) {
            return Err(IdentityError::Type);
        }
        // Whoever does not understand such a header must reject the JWT (RFC 7515 §4.1.11).
        if header.crit.is_some() {
            return Err(IdentityError::Unsupported("crit"));
        }
        let Issuer { iss } =
            insecure_decode_claims(text).map_err(|_| IdentityError::Claim("iss"))?;
        if !is_name(&iss) {
            return Err(IdentityError::Claim("iss"));
        }
        Ok(Self {
            text,
            algorithm: header.alg,
            key_id: header.kid,
            issuer: iss,
        })
    }

    /// Checks the assertion against the keys of its provider.
    pub fn verify(
        &self,
        jwks: &str,
        expected: Expected<'_>,
    ) -> Result<IdentityAssertion, IdentityError> {
        let keys: JwkSet = serde_json::from_str(jwks).map_err(|_| IdentityError::UnknownKey)?;
        let is_signed = keys
            .keys
            .iter()
            .take(MAX_KEYS)
            .filter(|key| self.key_id.is_none() || key.common.key_id == self.key_id)
            .filter(|key| is_for(key, self.algorithm))
            .any(|key| signature::is_by(key, self.algorithm, self.text));
        if !is_signed {
            return Err(IdentityError::UnknownKey);
        }
        let claims: Claims =
            insecure_decode_claims(self.text).map_err(|_| IdentityError::Malformed)?;
        claims.check(expected)
    }
}

impl Claims {
    fn check(self, expected: Expected<'_>) -> Result<IdentityAssertion, IdentityError> {
        let named = |name, right| {
            if right {
                Ok(())
            } else {
                Err(IdentityError::Claim(name))
            }
        };
        self.limits.check()?;
        let audience = self.aud.as_ref().and_then(Audience::only);
        named("iss", self.iss.as_deref() == Some(expected.issuer))?;
        named("aud", audience == Some(expected.audience))?;
        named(
            "client_id",
            self.client_id.as_deref() == Some(expected.client_id),
        )?;
        let expires_at = self.expiry(expected.now)?;
        let subject = self.sub.filter(|sub| is_name(sub));
        let subject = subject.ok_or(IdentityError::Claim("sub"))?;
        let jti = self.jti.filter(|jti| !jti.is_empty());
        let jti = jti.ok_or(IdentityError::Claim("jti"))?;
        let resource = match &self.resource {
            None if expected.needs_resource => return Err(IdentityError::Claim("resource")),
            None => None,
            Some(resource) => {
                let only = resource.only().ok_or(IdentityError::Claim("resource"))?;
                Some(only.to_owned())
            }
        };
        let is_verified = self.email_verified.as_ref().map(is_true);
        Ok(IdentityAssertion {
            subject,
            mail: self
                .email
                .filter(|mail| is_verified != Some(false) && is_mail(mail)),
            is_mail_verified: is_verified == Some(true),
            resource,
            scope: self.scope,
            jti: TokenHash::of_digest(Sha256::digest(jti.as_bytes()).into()),
            expires_at,
        })
    }

    /// The time of expiry, if the assertion is valid now and not for too long.
    fn expiry(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>, IdentityError> {
        let instant = |name, seconds: Option<i64>| {
            seconds
                .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
                .ok_or(IdentityError::Claim(name))
        };
        let issued_at = instant("iat", self.iat)?;
        if issued_at > now + LEEWAY {
            return Err(IdentityError::Claim("iat"));
        }
        if self.nbf.is_some() && instant("nbf", self.nbf)? > now + LEEWAY {
            return Err(IdentityError::Claim("nbf"));
        }
        let expires_at = instant("exp", self.exp)?;
        // A provider whose clock is ahead must not extend the life.
        let latest = min(issued_at, now) + MAX_LIFETIME;
        if expires_at <= now || expires_at > latest {
            return Err(IdentityError::Claim("exp"));
        }
        Ok(expires_at)
    }
}

impl Limits {
    fn check(&self) -> Result<(), IdentityError> {
        let limits = [
            ("cnf", &self.cnf),
            ("authorization_details", &self.authorization_details),
            ("tenant", &self.tenant),
            ("aud_tenant", &self.aud_tenant),
        ];
        match limits.into_iter().find(|(_, limit)| limit.is_some()) {
            Some((name, _)) => Err(IdentityError::Unsupported(name)),
            None => Ok(()),
        }
    }
}

/// A media type may lack its `application/`, and its case does not matter (RFC 7515 §4.1.9).
fn is_type(typ: &str) -> bool {
    let typ = typ.to_ascii_lowercase();
    typ.strip_prefix("application/").unwrap_or(&typ) == TYPE
}

/// Whether a value can be stored as the name of an issuer or of a user.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= MAX_NAME && !name.chars().any(char::is_control)
}

fn is_mail(mail: &str) -> bool {
    is_name(mail)
        && mail
            .split_once('@')
            .is_some_and(|(local, host)| !local.is_empty() && !host.is_empty())
}

/// Providers send it as a boolean or as a text.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(verified) => *verified,
        Value::String(verified) => verified.eq_ignore_ascii_case("true"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{EncodingKey, Header, encode, jwk::Jwk};
    use serde_json::json;

    use super::*;

    const ISSUER: &str = "https://idp.example";
    const AUDIENCE: &str = "https://hub.example/spaces/acme";
    const CLIENT: &str = "https://client.example/metadata.json";
    // The key of the tests of client assertions.
    const PRIVATE_KEY: &str = include_str!("../../../tests/fixtures/client_assertion_key.pem");

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).expect("a time")
    }

    fn key() -> EncodingKey {
        EncodingKey::from_ec_pem(PRIVATE_KEY.as_bytes()).expect("a key")
    }

    fn jwks() -> String {
        let jwk = Jwk::from_encoding_key(&key(), Algorithm::ES256).expect("a JWK");
        json!({ "keys": [jwk] }).to_string()
    }

    fn claims() -> Value {
        json!({
            "iss": ISSUER, "sub": "u-1", "aud": AUDIENCE, "client_id": CLIENT, "jti": "one",
            "exp": now().timestamp() + 300, "iat": now().timestamp(),
            "scope": "backlog:read", "email": "haruka@acme.example",
            "resource": "https://hub.example/spaces/acme/mcp",
        })
    }

    fn signed(typ: Option<&str>, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = typ.map(str::to_owned);
        encode(&header, claims, &key()).expect("an assertion")
    }

    #[test]
    fn debug_output_has_no_part_of_the_assertion() {
        let assertion = signed(Some("oauth-id-jag+jwt"), &claims());
        let shown = format!("{:?}", Unverified::read(&assertion).expect("an assertion"));
        for part in assertion.split('.') {
            assert!(!shown.contains(part), "{shown}");
        }
        assert!(shown.contains(ISSUER), "{shown}");
    }

    fn verify_text(assertion: &str, jwks: &str) -> Result<IdentityAssertion, IdentityError> {
        let expected = Expected {
            issuer: ISSUER,
            audience: AUDIENCE,
            client_id: CLIENT,
            needs_resource: false,
            now: now(),
        };
        Unverified::read(assertion)?.verify(jwks, expected)
    }

    fn verify_claims(claims: &Value) -> Result<IdentityAssertion, IdentityError> {
        verify_text(&signed(Some(TYPE), claims), &jwks())
    }

    fn with(name: &str, value: Value) -> Value {
        let mut claims = claims();
        claims[name] = value;
        claims
    }

    #[test]
    fn a_right_assertion_verifies() {
        let assertion = verify_claims(&claims()).expect("valid");
        assert_eq!(assertion.subject, "u-1");
        assert_eq!(assertion.mail.as_deref(), Some("haruka@acme.example"));
        assert_eq!(assertion.scope.as_deref(), Some("backlog:read"));
        assert_eq!(assertion.expires_at.timestamp(), now().timestamp() + 300);
        for typ in ["OAuth-ID-JAG+JWT", "application/oauth-id-jag+jwt"] {
            assert!(verify_text(&signed(Some(typ), &claims()), &jwks()).is_ok());
        }
        assert!(verify_claims(&with("aud", json!([AUDIENCE]))).is_ok());
        for optional in ["scope", "resource", "email"] {
            assert!(
                verify_claims(&with(optional, Value::Null)).is_ok(),
                "{optional}"
            );
        }
    }

    #[test]
    fn each_wrong_claim_is_named() {
        let at = |seconds: i64| json!(now().timestamp() + seconds);
        for (name, value) in [
            ("iss", json!("https://idp.example/")),
            ("iss", json!("")),
            ("iss", Value::Null),
            ("sub", json!("")),
            ("sub", json!("u\u{0}1")),
            ("sub", json!("u".repeat(256))),
            ("sub", Value::Null),
            ("aud", json!("https://hub.example")),
            ("aud", json!("https://hub.example/spaces/acme/")),
            ("aud", json!([AUDIENCE, "https://other.example"])),
            ("aud", json!([])),
            ("aud", Value::Null),
            ("client_id", json!("https://other.example/metadata.json")),
            ("client_id", Value::Null),
            ("exp", at(0)),
            ("exp", at(-1)),
            ("exp", at(3601)),
            ("exp", json!(8_210_266_876_799_i64)),
            ("exp", Value::Null),
            ("iat", at(61)),
            ("iat", Value::Null),
            ("nbf", at(61)),
            ("jti", json!("")),
            ("jti", Value::Null),
            ("resource", json!([])),
            (
                "resource",
                json!(["https://a.example", "https://b.example"]),
            ),
        ] {
            assert_eq!(
                verify_claims(&with(name, value.clone())),
                Err(IdentityError::Claim(name)),
                "{name}: {value}"
            );
        }
        // An assertion that was made long ago and is still valid has too long a life.
        let mut long = with("iat", at(-3600));
        long["exp"] = at(60);
        assert_eq!(verify_claims(&long), Err(IdentityError::Claim("exp")));
        for (name, value) in [
            ("sub", json!(1)),
            ("exp", json!("soon")),
            ("aud", json!({})),
        ] {
            let wrong = verify_claims(&with(name, value));
            assert_eq!(wrong, Err(IdentityError::Malformed), "{name}");
        }
    }

    #[test]
    fn a_limit_that_is_not_known_is_not_ignored() {
        for (name, value) in [
            (
                "cnf",
                json!({ "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" }),
            ),
            ("cnf", json!({})),
            ("authorization_details", json!([{ "type": "space" }])),
            ("tenant", json!("acme")),
            ("aud_tenant", json!("acme")),
            ("aud_tenant", json!(false)),
        ] {
            assert_eq!(
                verify_claims(&with(name, value.clone())),
                Err(IdentityError::Unsupported(name)),
                "{name}: {value}"
            );
        }
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(TYPE.to_owned());
        header.crit = Some(vec!["exp".to_owned()]);
        let critical = encode(&header, &claims(), &key()).expect("an assertion");
        assert_eq!(
            verify_text(&critical, &jwks()),
            Err(IdentityError::Unsupported("crit"))
        );
    }

    #[test]
    fn an_audience_that_several_servers_share_needs_the_resource() {
        let expected = Expected {
            issuer: ISSUER,
            audience: AUDIENCE,
            client_id: CLIENT,
            needs_resource: true,
            now: now(),
        };
        for (resource, is_right) in [
            (json!("https://hub.example/spaces/acme/mcp"), true),
            (Value::Null, false),
        ] {
            let assertion = signed(Some(TYPE), &with("resource", resource));
            let verified = Unverified::read(&assertion)
                .expect("the form is right")
                .verify(&jwks(), expected);
            let wrong = verified.err();
            let expected = (!is_right).then_some(IdentityError::Claim("resource"));
            assert_eq!(wrong, expected);
        }
    }

    #[test]
    fn a_token_of_another_type_is_not_an_identity_assertion() {
        for typ in [
            None,
            Some("JWT"),
            Some("at+jwt"),
            Some("client-authentication+jwt"),
            Some("oauth-id-jag"),
            Some("application/application/oauth-id-jag+jwt"),
        ] {
            let wrong = verify_text(&signed(typ, &claims()), &jwks());
            assert_eq!(wrong, Err(IdentityError::Type), "{typ:?}");
        }
    }

    #[test]
    fn only_a_key_of_the_provider_signs() {
        let assertion = signed(Some(TYPE), &claims());
        for wrong in [r#"{"keys":[]}"#, "[]", ""] {
            assert_eq!(
                verify_text(&assertion, wrong),
                Err(IdentityError::UnknownKey)
            );
        }
        let mut other: Value = serde_json::from_str(&jwks()).expect("JSON");
        other["keys"][0]["use"] = json!("enc");
        assert_eq!(
            verify_text(&assertion, &other.to_string()),
            Err(IdentityError::UnknownKey)
        );
        let secret = EncodingKey::from_secret(jwks().as_bytes());
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(TYPE.to_owned());
        let forged = encode(&header, &claims(), &secret).expect("forged");
        assert_eq!(verify_text(&forged, &jwks()), Err(IdentityError::Algorithm));
        // {"alg":"none","typ":"oauth-id-jag+jwt"}
        let unsigned = format!(
            "eyJhbGciOiJub25lIiwidHlwIjoib2F1dGgtaWQtamFnK2p3dCJ9.{}.",
            assertion.split('.').nth(1).expect("claims")
        );
        for malformed in [unsigned.as_str(), "", "a.b.c", &"a".repeat(9_000)] {
            assert_eq!(
                verify_text(malformed, &jwks()),
                Err(IdentityError::Malformed)
            );
        }
        let mut altered: Vec<&str> = assertion.split('.').collect();
        let elsewhere = signed(Some(TYPE), &with("sub", json!("u-2")));
        altered[1] = elsewhere.split('.').nth(1).expect("claims");
        assert_eq!(
            verify_text(&altered.join("."), &jwks()),
            Err(IdentityError::UnknownKey)
        );
    }

    #[test]
    fn an_address_counts_unless_the_provider_has_not_verified_it() {
        let mail = |verified: Value| {
            let assertion = verify_claims(&with("email_verified", verified)).expect("valid");
            (assertion.mail.is_some(), assertion.is_mail_verified)
        };
        for verified in [json!(true), json!("true"), json!("True")] {
            assert_eq!(mail(verified.clone()), (true, true), "{verified}");
        }
        // Not said: only the operator can decide that such an address counts.
        assert_eq!(mail(Value::Null), (true, false));
        for unverified in [json!(false), json!("false"), json!("no"), json!(0)] {
            assert_eq!(mail(unverified.clone()), (false, false), "{unverified}");
        }
        for address in ["haruka", "@acme.example", "haruka@", ""] {
            let assertion = verify_claims(&with("email", json!(address))).expect("valid");
            assert_eq!(assertion.mail, None, "{address}");
        }
    }
}
