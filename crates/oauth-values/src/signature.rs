//! Verifies the signature of a JWS (RFC 7515) with `ring`. Only public keys are supported, and RSA
//! keys must have at least 2048 bits (RFC 7518 §3.3).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk},
};
use ring::signature::{
    self, ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};

/// Whether `key` made the signature of `jws`, which is in compact form; `algorithm` is the one in
/// its header.
pub(crate) fn is_by(key: &Jwk, algorithm: Algorithm, jws: &str) -> bool {
    check(key, algorithm, jws).is_some()
}

fn check(key: &Jwk, algorithm: Algorithm, jws: &str) -> Option<()> {
    let (message, signature) = jws.rsplit_once('.')?;
    let (message, signature) = (message.as_bytes(), decoded(signature)?);
    match (&key.algorithm, rsa(algorithm)) {
        (AlgorithmParameters::RSA(rsa), Some(parameters)) => {
            let (n, e) = (decoded(&rsa.n)?, decoded(&rsa.e)?);
            let key = RsaPublicKeyComponents { n: &n, e: &e };
            key.verify(parameters, message, &signature).ok()
        }
        (AlgorithmParameters::EllipticCurve(point), None) => {
            let (curve, verification, size) = elliptic(algorithm)?;
            let (x, y) = (decoded(&point.x)?, decoded(&point.y)?);
            if point.curve != curve || x.len() != size || y.len() != size {
                return None;
            }
            // The encoding of an uncompressed point (SEC 1, 2.3.3).
            let point = [&[4][..], &x, &y].concat();
            let key = UnparsedPublicKey::new(verification, point);
            key.verify(message, &signature).ok()
        }
        (AlgorithmParameters::OctetKeyPair(pair), None) => {
            if algorithm != Algorithm::EdDSA || pair.curve != EllipticCurve::Ed25519 {
                return None;
            }
            let key = UnparsedPublicKey::new(&ED25519, decoded(&pair.x)?);
            key.verify(message, &signature).ok()
        }
        _ => None,
    }
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}

fn rsa(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    Some(match algorithm {
        Algorithm::RS256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::RS384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::RS512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::PS256 => &signature::RSA_PSS_2048_8192_SHA256,
        Algorithm::PS384 => &signature::RSA_PSS_2048_8192_SHA384,
        Algorithm::PS512 => &signature::RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}

/// The curve of an algorithm, its verification, and the size of a coordinate.
fn elliptic(
    algorithm: Algorithm,
) -> Option<(EllipticCurve, &'static dyn VerificationAlgorithm, usize)> {
    match algorithm {
        Algorithm::ES256 => Some((EllipticCurve::P256, &ECDSA_P256_SHA256_FIXED, 32)),
        Algorithm::ES384 => Some((EllipticCurve::P384, &ECDSA_P384_SHA384_FIXED, 48)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::decode_header;
    use serde::Deserialize;

    use super::*;

    /// Made with Python's `cryptography`, which shares no code with `ring`.
    const SIGNATURES: &str = include_str!("../fixtures/signatures.json");

    #[derive(Deserialize)]
    struct Signatures {
        right: Vec<Signature>,
        short_key: Signature,
    }

    #[derive(Deserialize)]
    struct Signature {
        alg: Algorithm,
        jwk: Jwk,
        jws: String,
    }

    fn signatures() -> Signatures {
        serde_json::from_str(SIGNATURES).expect("the fixture")
    }

    #[test]
    fn a_signature_is_by_its_key_with_its_algorithm_and_by_no_other() {
        let Signatures { right, .. } = signatures();
        assert_eq!(right.len(), 9, "every algorithm of the metadata");
        for one in &right {
            assert_eq!(decode_header(&one.jws).expect("a header").alg, one.alg);
            for key in &right {
                for algorithm in right.iter().map(|other| other.alg) {
                    let same = key.jwk == one.jwk && algorithm == one.alg;
                    assert_eq!(
                        is_by(&key.jwk, algorithm, &one.jws),
                        same,
                        "{:?} by the key of {:?} as {algorithm:?}",
                        one.alg,
                        key.alg
                    );
                }
            }
        }
    }

    #[test]
    fn an_altered_signature_is_by_no_key() {
        for one in signatures().right {
            let (message, signature) = one.jws.rsplit_once('.').expect("a signature");
            let (header, claims) = message.split_once('.').expect("claims");
            for altered in [
                format!("{header}.{claims}A.{signature}"),
                format!("{header}.{claims}."),
                format!("{header}.{claims}.{signature}AAAA"),
                format!("{header}.{claims}.!"),
                message.to_owned(),
                String::new(),
            ] {
                assert!(!is_by(&one.jwk, one.alg, &altered), "{altered}");
            }
        }
    }

    #[test]
    fn a_short_rsa_key_signs_nothing() {
        let short = signatures().short_key;
        assert!(!is_by(&short.jwk, short.alg, &short.jws));
    }
}
