//! Proof key for code exchange (RFC 7636), S256 only.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A `code_challenge` of method S256: base64url of a SHA-256 (RFC 7636 §4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// `None` unless the text is exactly what S256 yields: 43 base64url characters
    /// of 32 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == 32).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Is this the `code_verifier` the challenge was made from (RFC 7636 §4.6)?
    pub fn is_met_by(&self, verifier: &str) -> bool {
        let digest = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        is_verifier(verifier) && bool::from(digest.as_bytes().ct_eq(self.0.as_bytes()))
    }
}

/// 43 to 128 unreserved characters (RFC 7636 §4.1).
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The pair printed in RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_rfc_example_matches() {
        let challenge = CodeChallenge::parse(CHALLENGE).expect("a challenge");
        assert!(challenge.is_met_by(VERIFIER));
        assert!(!challenge.is_met_by(&VERIFIER.replace('d', "e")));
    }

    #[test]
    fn a_challenge_of_another_shape_is_refused() {
        for text in [
            "",
            "short",
            &format!("{CHALLENGE}="),
            &CHALLENGE.replace('-', "+"),
        ] {
            assert_eq!(CodeChallenge::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_verifier_outside_the_grammar_never_matches() {
        for verifier in ["a".repeat(42), "a".repeat(129), "é".repeat(30)] {
            let digest = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
            let challenge = CodeChallenge::parse(&digest).expect("a challenge");
            assert!(!challenge.is_met_by(&verifier));
        }
    }
}
