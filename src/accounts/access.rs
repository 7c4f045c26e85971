//! A caller's access to Backlog: the space and the credentials for it.

use std::time::Duration;

use async_trait::async_trait;
use backlog_client::{BacklogUrl, Credentials};
use thiserror::Error;

use crate::domain::audit_event::Actor;

/// Credentials for one space, renewed when Backlog rejects them.
#[async_trait]
pub trait BacklogAccess: Send + Sync {
    /// The space that receives the requests.
    fn url(&self) -> &BacklogUrl;

    /// The actor behind the requests; `None` without a sign-in.
    fn actor(&self) -> Option<Actor> {
        None
    }

    /// The id of the Backlog user that the credentials belong to; `None` if it was never looked up.
    /// Data read for one user is never cached for another.
    fn user(&self) -> Option<i64> {
        None
    }

    /// Returns credentials that are not known to be invalid.
    async fn credentials(&self) -> Result<Credentials, AccessError>;

    /// Returns new credentials after Backlog responded 401 to `rejected`, or the reason why there
    /// are none.
    async fn renew(&self, rejected: &Credentials) -> Result<Credentials, AccessError>;
}

/// Why there are no credentials. Each variant has its own remedy: a new sign-in, other settings, or
/// waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AccessError {
    #[error("the sign-in to Backlog has ended")]
    SignInAgain,
    #[error("Backlog does not accept the API key")]
    KeyRefused,
    #[error("Backlog did not confirm the sign-in; the hub will check again")]
    InDoubt { retry_after: Duration },
    #[error("the Backlog credentials cannot be renewed right now")]
    Unavailable {
        /// How long to wait before the next attempt, if known.
        retry_after: Option<Duration>,
    },
}

/// Credentials that never change: an API key from the configuration.
#[derive(Clone, Debug)]
pub struct FixedAccess {
    url: BacklogUrl,
    credentials: Credentials,
}

impl FixedAccess {
    pub fn new(url: BacklogUrl, credentials: Credentials) -> Self {
        Self { url, credentials }
    }
}

#[async_trait]
impl BacklogAccess for FixedAccess {
    fn url(&self) -> &BacklogUrl {
        &self.url
    }

    async fn credentials(&self) -> Result<Credentials, AccessError> {
        Ok(self.credentials.clone())
    }

    async fn renew(&self, _rejected: &Credentials) -> Result<Credentials, AccessError> {
        Err(AccessError::KeyRefused)
    }
}
