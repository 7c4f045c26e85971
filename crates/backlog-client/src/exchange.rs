//! The outcome of an exchange with Backlog, for metrics.

use std::{fmt, sync::Arc, time::Duration};

use super::BacklogError;

/// One request and its outcome.
#[derive(Clone, Copy, Debug)]
pub struct Exchange {
    pub class: Class,
    pub outcome: &'static str,
    /// Includes the wait for one of the user's slots.
    pub took: Duration,
}

/// The purpose of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Read,
    Write,
    /// The exchange of a code, or a renewal.
    Token,
}

impl Class {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Token => "token",
        }
    }
}

/// Receives every exchange. It must return quickly.
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(Exchange) + Send + Sync>);

impl Observer {
    pub fn new(observe: impl Fn(Exchange) + Send + Sync + 'static) -> Self {
        Self(Arc::new(observe))
    }

    pub(super) fn observe(&self, exchange: Exchange) {
        (self.0)(exchange);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

/// The name of an outcome: `ok`, or the kind of failure.
pub(super) fn outcome<T>(result: &Result<T, BacklogError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(BacklogError::Unauthorized) => "unauthorized",
        Err(BacklogError::RateLimited { .. }) => "rate_limited",
        Err(BacklogError::Api { status, .. }) => status_outcome(*status),
        Err(
            BacklogError::UnexpectedBody { .. }
            | BacklogError::TooLarge { .. }
            | BacklogError::TooManyValues { .. }
            | BacklogError::TooLong,
        ) => "unexpected",
        Err(BacklogError::SiteNotAllowed) => "not_allowed",
        Err(BacklogError::Timeout) => "timeout",
        Err(BacklogError::Connection | BacklogError::Unreachable) => "unreachable",
        Err(BacklogError::Unread) => "unread",
        Err(BacklogError::Busy | BacklogError::NoMemory) => "busy",
    }
}

/// The outcome of a response with this status and an unread body.
pub(super) fn status_outcome(status: u16) -> &'static str {
    match status {
        ..400 => "ok",
        401 => "unauthorized",
        429 => "rate_limited",
        400..500 => "refused",
        500.. => "failed",
    }
}
