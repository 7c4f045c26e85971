//! Proof key for code exchange (RFC 7636), S256 only.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A `code_challenge` of method S256: base64url of a SHA-256 (RFC 7636 §4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// `None` unless the text has the form of S256: 43 base64url characters for 32 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == 32).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the challenge was made from this `code_verifier` (RFC 7636 §4.6).
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
    use proptest::prelude::*;

    use super::*;

    // The pair in RFC 7636, appendix B.
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
            assert!(!challenge_of(&verifier).is_met_by(&verifier));
        }
    }

    /// Makes a challenge as a client does.
    fn challenge_of(verifier: &str) -> CodeChallenge {
        let digest = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        CodeChallenge::parse(&digest).expect("a challenge")
    }

    proptest! {
        #[test]
        fn a_challenge_is_met_by_its_verifier_and_by_no_other(
            verifier in "[A-Za-z0-9._~-]{43,128}",
            position in any::<prop::sample::Index>(),
            letter in "[A-Za-z0-9._~-]",
            another in "[A-Za-z0-9._~-]{43,128}",
        ) {
            let challenge = challenge_of(&verifier);
            prop_assert!(challenge.is_met_by(&verifier));

            let position = position.index(verifier.len());
            let mut altered = verifier.clone();
            altered.replace_range(position..=position, &letter);
            for other in [altered, another] {
                prop_assert_eq!(challenge.is_met_by(&other), other == verifier);
            }
        }

        #[test]
        fn no_text_panics(text in any::<String>(), alike in "[A-Za-z0-9_-]{42,44}") {
            prop_assert!(!challenge_of(&"a".repeat(43)).is_met_by(&text));
            for text in [text, alike] {
                if let Some(challenge) = CodeChallenge::parse(&text) {
                    prop_assert_eq!(challenge.as_str().len(), 43);
                    prop_assert!(!challenge.is_met_by(&text));
                }
            }
        }
    }
}
