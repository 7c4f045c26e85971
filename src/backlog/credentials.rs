//! What a request to Backlog is authenticated with.

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

const API_KEY: HeaderName = HeaderName::from_static("backlog-api-key");

/// A secret that Backlog accepts, and the way it is sent.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// An OAuth access token.
    Bearer(SecretString),
    /// A personal API key, sent as a header so that it stands in no URL.
    ApiKey(SecretString),
}

impl Credentials {
    /// The header that carries the secret; `None` if the secret cannot be in one.
    pub(super) fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        let (name, value) = match self {
            Self::Bearer(token) => (AUTHORIZATION, format!("Bearer {}", token.expose_secret())),
            Self::ApiKey(key) => (API_KEY, key.expose_secret().to_owned()),
        };
        let mut value = HeaderValue::try_from(value).ok()?;
        value.set_sensitive(true);
        Some((name, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
