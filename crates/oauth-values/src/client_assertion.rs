//! `private_key_jwt`: a client authenticates with a signed assertion (RFC 7523 §3, with the changes
//! of draft-ietf-oauth-rfc7523bis).
//!
//! The audience must be one value, so that an assertion for another server cannot name this one as
//! well. It is the issuer, or the token endpoint, which hosted clients still send. An assertion
//! that declares the new type, in `typ`, must name the issuer.

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{
    Algorithm,
    dangerous::insecure_decode_claims,
    decode_header,
    jwk::{Jwk, JwkSet, KeyAlgorithm, PublicKeyUse},
};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{signature, token::TokenHash};

/// The one value of `client_assertion_type` (RFC 7523 §2.2).
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The supported algorithms: only asymmetric ones, because a shared secret is a `client_secret`.
pub(crate) const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
];
/// More keys than any client needs. Each one may cost a verification.
pub(crate) const MAX_KEYS: usize = 16;
/// An assertion is for one request; a longer lifetime only helps an attacker.
const MAX_LIFETIME: TimeDelta = TimeDelta::hours(1);
/// How far the client's clock may be off.
pub(crate) const LEEWAY: TimeDelta = TimeDelta::seconds(60);

/// The `typ` of an assertion that follows the new rules.
const EXPLICIT_TYPE: &str = "client-authentication+jwt";
const PLAIN_TYPE: &str = "JWT";

/// The names of this server that an assertion may contain.
#[derive(Clone, Copy, Debug)]
pub struct Server<'a> {
    pub issuer: &'a str,
    pub token_endpoint: &'a str,
}

/// The names of [`ALGORITHMS`], for the metadata.
pub fn algorithm_names() -> Vec<String> {
    ALGORITHMS.iter().map(|a| format!("{a:?}")).collect()
}

/// An assertion with a valid signature and valid claims. Its `jti` may be used once.
#[derive(Debug)]
pub struct Assertion {
    pub jti: TokenHash,
    pub expires_at: DateTime<Utc>,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssertionError {
    #[error("it is not a JWT")]
    Malformed,
    #[error("its algorithm is not supported")]
    Algorithm,
    #[error("its type ('typ') is not that of a client assertion")]
    Type,
    /// The client may have new keys, so its `jwks_uri` is fetched again.
    #[error("its signature is not by any of the client's keys")]
    UnknownKey,
    #[error("the claim '{0}' is missing or wrong")]
    Claim(&'static str),
    #[error("it was used before")]
    Replayed,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    iat: Option<i64>,
    jti: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    /// The audience, if it is the only one.
    pub(crate) fn only(&self) -> Option<&str> {
        match self {
            Self::One(audience) => Some(audience),
            Self::Several(audiences) => match audiences.as_slice() {
                [only] => Some(only),
                _ => None,
            },
        }
    }
}

/// The type that an assertion declares.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Plain,
    Explicit,
}

impl Type {
    /// A media type may lack its `application/`, and its case does not matter (RFC 7515 §4.1.9).
    fn read(typ: Option<&str>) -> Option<Self> {
        let Some(typ) = typ else {
            return Some(Self::Plain);
        };
        let typ = typ.to_ascii_lowercase();
        let name = typ.strip_prefix("application/").unwrap_or(&typ);
        if name.eq_ignore_ascii_case(PLAIN_TYPE) {
            Some(Self::Plain)
        } else {
            (name == EXPLICIT_TYPE).then_some(Self::Explicit)
        }
    }
}

impl Server<'_> {
    fn is_named_by(&self, audience: &Audience, typ: Type) -> bool {
        audience.only().is_some_and(|audience| {
            audience == self.issuer || (typ == Type::Plain && audience == self.token_endpoint)
        })
    }
}

/// The unverified `sub` of an assertion, which only serves to look up the client.
pub fn claimed_client_id(assertion: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Subject {
        sub: String,
    }
    insecure_decode_claims::<Subject>(assertion)
        .ok()
        .map(|claims| claims.sub)
}

/// Checks an assertion for `server` against a JWK set.
pub fn verify(
    assertion: &str,
    jwks: &str,
    client_id: &str,
    server: Server<'_>,
    now: DateTime<Utc>,
) -> Result<Assertion, AssertionError> {
    let header = decode_header(assertion).map_err(|_| AssertionError::Malformed)?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(AssertionError::Algorithm);
    }
    let typ = Type::read(header.typ.as_deref()).ok_or(AssertionError::Type)?;
    let keys: JwkSet = serde_json::from_str(jwks).map_err(|_| AssertionError::UnknownKey)?;
    let claims = keys
        .keys
        .iter()
        .take(MAX_KEYS)
        .filter(|key| header.kid.is_none() || key.common.key_id == header.kid)
        .filter(|key| is_for(key, header.alg))
        .find_map(|key| claims_signed_by(assertion, header.alg, key))
        .ok_or(AssertionError::UnknownKey)?;
    if !server.is_named_by(&claims.aud, typ) {
        return Err(AssertionError::Claim("aud"));
    }
    check(claims, client_id, now)
}

/// Whether a key may verify signatures of this algorithm (RFC 7517 §4.2, §4.4). A key for
/// encryption or for another algorithm may not.
pub(crate) fn is_for(key: &Jwk, algorithm: Algorithm) -> bool {
    let Jwk { common, .. } = key;
    let usage = common.public_key_use.as_ref();
    usage.is_none_or(|usage| *usage == PublicKeyUse::Signature)
        && common
            .key_algorithm
            .is_none_or(|named| named == KeyAlgorithm::from(algorithm))
}

fn claims_signed_by(assertion: &str, algorithm: Algorithm, key: &Jwk) -> Option<Claims> {
    signature::is_by(key, algorithm, assertion)
        .then(|| insecure_decode_claims(assertion).ok())
        .flatten()
}

fn check(claims: Claims, client_id: &str, now: DateTime<Utc>) -> Result<Assertion, AssertionError> {
    let instant = |seconds| DateTime::from_timestamp(seconds, 0);
    if claims.iss != client_id {
        return Err(AssertionError::Claim("iss"));
    }
    if claims.sub != client_id {
        return Err(AssertionError::Claim("sub"));
    }
    let expires_at = instant(claims.exp)
        .filter(|exp| *exp > now - LEEWAY && *exp < now + MAX_LIFETIME + LEEWAY)
        .ok_or(AssertionError::Claim("exp"))?;
    for (name, value) in [("nbf", claims.nbf), ("iat", claims.iat)] {
        if value.is_some_and(|seconds| instant(seconds).is_none_or(|at| at > now + LEEWAY)) {
            return Err(AssertionError::Claim(name));
        }
    }
    let jti = claims.jti.ok_or(AssertionError::Claim("jti"))?;
    Ok(Assertion {
        jti: TokenHash::of_digest(Sha256::digest(jti.as_bytes()).into()),
        expires_at: expires_at + LEEWAY,
    })
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::{Value, json};

    use super::*;

    const CLIENT: &str = "https://client.example/metadata.json";
    const SERVER: Server<'static> = Server {
        issuer: "https://hub.example",
        token_endpoint: "https://hub.example/token",
    };
    // A key for these tests, from `openssl ecparam -genkey -name prime256v1`.
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
            "iss": CLIENT, "sub": CLIENT, "aud": SERVER.issuer, "jti": "one",
            "exp": now().timestamp() + 60, "iat": now().timestamp(),
        })
    }

    fn verify_claims(claims: &Value) -> Result<Assertion, AssertionError> {
        verify_typed(Some("JWT"), claims)
    }

    fn verify_typed(typ: Option<&str>, claims: &Value) -> Result<Assertion, AssertionError> {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = typ.map(str::to_owned);
        let assertion = encode(&header, claims, &key()).expect("an assertion");
        verify(&assertion, &jwks(), CLIENT, SERVER, now())
    }

    #[test]
    fn a_right_assertion_verifies() {
        assert!(verify_claims(&claims()).is_ok());
    }

    #[test]
    fn the_audience_is_this_server_alone() {
        let audience = |typ, audience: Value| {
            let mut claims = claims();
            claims["aud"] = audience;
            verify_typed(typ, &claims).map(|_| ())
        };
        let (issuer, endpoint) = (SERVER.issuer, SERVER.token_endpoint);
        let wrong = Err(AssertionError::Claim("aud"));
        for plain in [None, Some("JWT"), Some("jwt"), Some("application/jwt")] {
            assert_eq!(audience(plain, json!(issuer)), Ok(()));
            assert_eq!(audience(plain, json!([issuer])), Ok(()));
            // Hosted clients send this one.
            assert_eq!(audience(plain, json!(endpoint)), Ok(()));
            for several in [
                json!([issuer, endpoint]),
                json!(["https://other.example", issuer]),
                json!([]),
                json!("https://hub.example/"),
            ] {
                assert_eq!(audience(plain, several), wrong);
            }
        }
        for explicit in [
            "client-authentication+jwt",
            "application/Client-Authentication+JWT",
        ] {
            assert_eq!(audience(Some(explicit), json!(issuer)), Ok(()));
            assert_eq!(audience(Some(explicit), json!(endpoint)), wrong);
        }
    }

    #[test]
    fn a_token_of_another_type_is_not_an_assertion() {
        for typ in ["at+jwt", "logout+jwt", "dpop+jwt", "", "application/"] {
            let refused = verify_typed(Some(typ), &claims()).expect_err(typ);
            assert_eq!(refused, AssertionError::Type);
        }
    }

    #[test]
    fn each_wrong_claim_is_named() {
        for (name, value) in [
            ("iss", json!("https://evil.example")),
            ("sub", json!("https://evil.example")),
            ("aud", json!("https://other.example")),
            ("exp", json!(now().timestamp() - 61)),
            ("exp", json!(now().timestamp() + 100_000)),
            ("exp", json!(8_210_266_876_799_i64)),
            ("nbf", json!(now().timestamp() + 3600)),
            ("iat", json!(now().timestamp() + 3600)),
            ("jti", Value::Null),
        ] {
            let mut wrong = claims();
            wrong[name] = value;
            assert_eq!(
                verify_claims(&wrong).expect_err(name),
                AssertionError::Claim(name)
            );
        }
    }

    #[test]
    fn another_key_or_a_shared_secret_does_not_verify() {
        let assertion =
            encode(&Header::new(Algorithm::ES256), &claims(), &key()).expect("an assertion");
        let none = r#"{"keys":[]}"#;
        assert_eq!(
            verify(&assertion, none, CLIENT, SERVER, now()).expect_err("refused"),
            AssertionError::UnknownKey
        );
        let secret = EncodingKey::from_secret(jwks().as_bytes());
        let forged = encode(&Header::new(Algorithm::HS256), &claims(), &secret).expect("forged");
        assert_eq!(
            verify(&forged, &jwks(), CLIENT, SERVER, now()).expect_err("refused"),
            AssertionError::Algorithm
        );
        assert_eq!(
            verify("a.b.c", &jwks(), CLIENT, SERVER, now()).expect_err("refused"),
            AssertionError::Malformed
        );
    }

    #[test]
    fn a_key_for_something_else_does_not_verify() {
        let assertion =
            encode(&Header::new(Algorithm::ES256), &claims(), &key()).expect("an assertion");
        let verify_with = |name: &str, value: Value| {
            let mut jwks: Value = serde_json::from_str(&jwks()).expect("JSON");
            jwks["keys"][0][name] = value;
            verify(&assertion, &jwks.to_string(), CLIENT, SERVER, now())
        };
        for (name, value) in [
            ("use", json!("sig")),
            ("use", Value::Null),
            ("alg", json!("ES256")),
            ("alg", Value::Null),
        ] {
            assert!(verify_with(name, value.clone()).is_ok(), "{name}: {value}");
        }
        for (name, value) in [
            ("use", json!("enc")),
            ("use", json!("something")),
            ("alg", json!("ES384")),
            ("alg", json!("RSA-OAEP")),
            ("alg", json!("something")),
        ] {
            let refused = verify_with(name, value.clone()).expect_err("refused");
            assert_eq!(refused, AssertionError::UnknownKey, "{name}: {value}");
        }
    }
}
