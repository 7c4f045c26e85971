//! The failures of a renewal.

use backlog_client::OAuthError;
use chrono::{DateTime, Utc};
use sealing::UnsealError;

use crate::accounts::space_oauth::SpaceError;

/// Why a renewal gave no tokens.
#[derive(Debug, thiserror::Error)]
pub enum RenewalError {
    #[error("the account has ended")]
    Ended,
    #[error("Backlog did not confirm the account; the hub will check again at {until}")]
    InDoubt { until: DateTime<Utc> },
    #[error(transparent)]
    Backlog(OAuthError),
    #[error("database error: {0}")]
    Database(#[from] sqlx::Error),
    #[error("a stored token cannot be opened: {0}")]
    Sealed(#[from] UnsealError),
    #[error("the space cannot be used: {0}")]
    Space(#[from] SpaceError),
    #[error("timed out waiting for a renewal by another process")]
    TimedOut,
}
