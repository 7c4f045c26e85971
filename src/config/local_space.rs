//! A space of the local modes.

use secrecy::SecretString;

use backlog_client::BacklogUrl;

/// A space and the API key to use it with.
#[derive(Debug)]
pub struct LocalSpace {
    pub url: BacklogUrl,
    /// The host as the operator wrote it.
    pub domain: String,
    pub api_key: SecretString,
}
