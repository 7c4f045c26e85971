//! What an exchange with Backlog was like, for whoever counts them.

use std::{fmt, sync::Arc, time::Duration};

use super::BacklogError;

/// One request and how it ended.
#[derive(Clone, Copy, Debug)]
pub struct Exchange {
    pub class: Class,
    pub outcome: &'static str,
    /// With the wait for one of the space's slots.
    pub took: Duration,
}

/// What a request is for.
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

/// Who is told of every exchange. It must not take long.
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(Exchange) + Send + Sync>);

impl Observer {
    pub fn new(tell: impl Fn(Exchange) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    pub(super) fn tell(&self, exchange: Exchange) {
        (self.0)(exchange);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

/// The name of an outcome: `ok`, or what kind of failure it was.
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
        Err(BacklogError::Busy | BacklogError::NoRoom) => "busy",
    }
}

/// The same of an answer whose body is somebody else's to read.
pub(super) fn status_outcome(status: u16) -> &'static str {
    match status {
        ..400 => "ok",
        401 => "unauthorized",
        429 => "rate_limited",
        400..500 => "refused",
        500.. => "failed",
    }
}
