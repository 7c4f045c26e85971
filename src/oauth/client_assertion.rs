//! `private_key_jwt`: a client proves itself with a signed assertion (RFC 7523 §3).

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode, decode_header,
    jwk::{Jwk, JwkSet, KeyAlgorithm, PublicKeyUse},
};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::token::TokenHash;

/// The one value of `client_assertion_type` (RFC 7523 §2.2).
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Asymmetric ones only: a shared secret would be a `client_secret`.
const ALGORITHMS: [Algorithm; 9] = [
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
/// More keys than any client needs; each may cost a verification.
const MAX_KEYS: usize = 16;
/// An assertion is made for one request; a longer life only helps a thief.
const MAX_LIFETIME: TimeDelta = TimeDelta::hours(1);
/// How far the client's clock may be off.
const LEEWAY: TimeDelta = TimeDelta::seconds(60);

/// The names of [`ALGORITHMS`], for the metadata.
pub fn algorithm_names() -> Vec<String> {
    ALGORITHMS.iter().map(|a| format!("{a:?}")).collect()
}

/// An assertion whose signature and claims are right. Good once, by its `jti`.
#[derive(Debug)]
pub struct Assertion {
    pub jti: TokenHash,
    pub expires_at: DateTime<Utc>,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssertionError {
    #[error("it is not a JWT")]
    Malformed,
    #[error("its algorithm is not one of those supported")]
    Algorithm,
    /// Perhaps the client has new keys: worth one more look at its `jwks_uri`.
    #[error("none of the client's keys made its signature")]
    UnknownKey,
    #[error("the claim '{0}' is missing or wrong")]
    Claim(&'static str),
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
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn names(&self, accepted: &[&str]) -> bool {
        match self {
            Self::One(audience) => accepted.contains(&audience.as_str()),
            Self::Several(audiences) => audiences.iter().any(|a| accepted.contains(&a.as_str())),
        }
    }
}

/// The `sub` of an assertion, unverified: only good to look the client up by.
pub fn claimed_client_id(assertion: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Subject {
        sub: String,
    }
    jsonwebtoken::dangerous::insecure_decode_claims::<Subject>(assertion)
        .ok()
        .map(|claims| claims.sub)
}

/// Checks an assertion against a JWK set. `accepted` are the audiences that mean
/// this server: the issuer and its token endpoint.
pub fn verify(
    assertion: &str,
    jwks: &str,
    client_id: &str,
    accepted: &[&str],
    now: DateTime<Utc>,
) -> Result<Assertion, AssertionError> {
    let header = decode_header(assertion).map_err(|_| AssertionError::Malformed)?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(AssertionError::Algorithm);
    }
    let keys: JwkSet = serde_json::from_str(jwks).map_err(|_| AssertionError::UnknownKey)?;
    let claims = keys
        .keys
        .iter()
        .take(MAX_KEYS)
        .filter(|key| header.kid.is_none() || key.common.key_id == header.kid)
        .filter(|key| is_for(key, header.alg))
        .find_map(|key| claims_signed_by(assertion, header.alg, key))
        .ok_or(AssertionError::UnknownKey)?;
    check(claims, client_id, accepted, now)
}

/// What a key says of itself (RFC 7517 §4.2, §4.4): one for encryption, or for another
/// algorithm, verifies nothing here.
fn is_for(key: &Jwk, algorithm: Algorithm) -> bool {
    let Jwk { common, .. } = key;
    let usage = common.public_key_use.as_ref();
    usage.is_none_or(|usage| *usage == PublicKeyUse::Signature)
        && common
            .key_algorithm
            .is_none_or(|named| named == KeyAlgorithm::from(algorithm))
}

fn claims_signed_by(assertion: &str, algorithm: Algorithm, key: &Jwk) -> Option<Claims> {
    let key = DecodingKey::from_jwk(key).ok()?;
    let mut validation = Validation::new(algorithm);
    // The claims are checked below, by the injected clock.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    decode(assertion, &key, &validation)
        .ok()
        .map(|token| token.claims)
}

fn check(
    claims: Claims,
    client_id: &str,
    accepted: &[&str],
    now: DateTime<Utc>,
) -> Result<Assertion, AssertionError> {
    let instant = |seconds| DateTime::from_timestamp(seconds, 0);
    if claims.iss != client_id {
        return Err(AssertionError::Claim("iss"));
    }
    if claims.sub != client_id {
        return Err(AssertionError::Claim("sub"));
    }
    if !claims.aud.names(accepted) {
        return Err(AssertionError::Claim("aud"));
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
    const ISSUER: &str = "https://hub.example";
    // A key made for these tests: openssl ecparam -genkey -name prime256v1.
    const PRIVATE_KEY: &str = include_str!("../../tests/fixtures/client_assertion_key.pem");

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
            "iss": CLIENT, "sub": CLIENT, "aud": ISSUER, "jti": "one",
            "exp": now().timestamp() + 60, "iat": now().timestamp(),
        })
    }

    fn verify_claims(claims: &Value) -> Result<Assertion, AssertionError> {
        let assertion =
            encode(&Header::new(Algorithm::ES256), claims, &key()).expect("an assertion");
        verify(&assertion, &jwks(), CLIENT, &[ISSUER], now())
    }

    #[test]
    fn a_right_assertion_verifies() {
        assert!(verify_claims(&claims()).is_ok());
        let mut several = claims();
        several["aud"] = json!(["https://other.example", ISSUER]);
        assert!(verify_claims(&several).is_ok());
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
            verify(&assertion, none, CLIENT, &[ISSUER], now()).expect_err("refused"),
            AssertionError::UnknownKey
        );
        let secret = EncodingKey::from_secret(jwks().as_bytes());
        let forged = encode(&Header::new(Algorithm::HS256), &claims(), &secret).expect("forged");
        assert_eq!(
            verify(&forged, &jwks(), CLIENT, &[ISSUER], now()).expect_err("refused"),
            AssertionError::Algorithm
        );
        assert_eq!(
            verify("a.b.c", &jwks(), CLIENT, &[ISSUER], now()).expect_err("refused"),
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
            verify(&assertion, &jwks.to_string(), CLIENT, &[ISSUER], now())
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
