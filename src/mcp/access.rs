//! A caller's way to Backlog: which space, with which credentials.

use std::time::Duration;

use async_trait::async_trait;
use thiserror::Error;

use crate::{
    backlog::{BacklogUrl, Credentials},
    domain::audit_event::Actor,
};

/// Credentials for one space, renewed when Backlog rejects them.
#[async_trait]
pub trait BacklogAccess: Send + Sync {
    /// The space that the calls go to.
    fn url(&self) -> &BacklogUrl;

    /// Whose way it is; `None` without a sign-in.
    fn actor(&self) -> Option<Actor> {
        None
    }

    /// The Backlog user whom the credentials are of, by id; `None` if nobody asked Backlog.
    /// What was read for one user is never remembered for another.
    fn user(&self) -> Option<i64> {
        None
    }

    /// Credentials that are good as far as is known.
    async fn credentials(&self) -> Result<Credentials, AccessError>;

    /// Backlog answered 401 to `rejected`: fresh ones, or why there are none.
    async fn renew(&self, rejected: &Credentials) -> Result<Credentials, AccessError>;
}

/// Why there are no credentials. Each asks for something else: a new sign-in, other settings,
/// or patience.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AccessError {
    #[error("the sign-in to Backlog has ended")]
    SignInAgain,
    #[error("Backlog does not accept the API key")]
    KeyRefused,
    #[error("Backlog did not confirm the sign-in, and is asked again")]
    InDoubt { retry_after: Duration },
    #[error("the Backlog credentials cannot be renewed at the moment")]
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
