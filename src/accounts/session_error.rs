//! The failures of looking up a session.

use backlog_client::BacklogUrlError;
use sealing::UnsealError;

use super::backlog_tokens::RenewalError;

/// Why a token could not be looked up.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error("database error: {0}")]
    Database(#[from] sqlx::Error),
    #[error("a stored token cannot be opened: {0}")]
    Sealed(#[from] UnsealError),
    #[error("invalid base URL of the space: {0}")]
    Url(#[from] BacklogUrlError),
    #[error("could not adopt the Backlog tokens of the grant: {0}")]
    NotAdopted(RenewalError),
}
