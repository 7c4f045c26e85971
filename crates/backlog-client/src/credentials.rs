//! The credentials of a request to Backlog.

use std::fmt;

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::BacklogUrl;

const API_KEY: HeaderName = HeaderName::from_static("backlog-api-key");

/// A secret that Backlog accepts, and the way it is sent.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// An OAuth access token.
    Bearer(SecretString),
    /// A personal API key, sent in a header to keep it out of URLs.
    ApiKey(SecretString),
}

impl Credentials {
    /// The header that carries the secret; `None` if the secret is no valid header value.
    pub(super) fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        let (name, value) = match self {
            Self::Bearer(token) => (AUTHORIZATION, format!("Bearer {}", token.expose_secret())),
            Self::ApiKey(key) => (API_KEY, key.expose_secret().to_owned()),
        };
        let mut value = HeaderValue::try_from(value).ok()?;
        value.set_sensitive(true);
        Some((name, value))
    }

    /// Identifies these credentials at this space: data cached for one holder is found by the same
    /// holder only.
    pub fn fingerprint(&self, url: &BacklogUrl) -> Fingerprint {
        let (kind, secret) = match self {
            Self::Bearer(token) => ("bearer", token),
            Self::ApiKey(key) => ("key", key),
        };
        let mut digest = Sha256::new();
        // A URL contains no line break.
        digest.update(format!("{url}\n{kind}\n"));
        digest.update(secret.expose_secret());
        Fingerprint(digest.finalize().into())
    }
}

/// A digest of credentials and their space.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The bytes of the digest.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_distinguish_holders_and_spaces() {
        let url = |text| BacklogUrl::parse(text).unwrap();
        let (one, other) = (url("https://a.example"), url("https://b.example"));
        let bearer = |token: &str| Credentials::Bearer(token.into());
        let print = bearer("t").fingerprint(&one);
        assert_eq!(print, bearer("t").fingerprint(&one));
        for different in [
            bearer("u").fingerprint(&one),
            bearer("t").fingerprint(&other),
            Credentials::ApiKey("t".into()).fingerprint(&one),
        ] {
            assert_ne!(print, different);
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        for credentials in [
            Credentials::Bearer("s3cret".into()),
            Credentials::ApiKey("s3cret".into()),
        ] {
            assert!(!format!("{credentials:?}").contains("s3cret"));
            assert!(!format!("{:?}", credentials.header()).contains("s3cret"));
        }
    }
}
