//! Keeps to Backlog's rate limits, so that nobody runs on against a closed door.
//!
//! Backlog counts per user, minute and class of request, and says in each answer what is left
//! (`X-RateLimit-Remaining`) and when the minute ends (`X-RateLimit-Reset`, epoch seconds).
//!
//! 1. After an answer with nothing left, or a 429, the class pauses for these credentials.
//! 2. A request of that class waits if the pause is short, and fails at once otherwise, with the
//!    time at which it may be sent. Backlog is not asked.
//!
//! Backlog counts for all programs of a user, so that nothing is left is known only afterwards.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use moka::future::Cache;
use reqwest::{Method, header::HeaderMap};
use sha2::{Digest, Sha256};

use super::{BacklogError, BacklogUrl, Request, Segment, error};
use crate::clock::Clock;

/// Backlog counts by the minute: a reset further off than this is a clock that is wrong.
const WINDOW: TimeDelta = TimeDelta::seconds(60);
/// Pauses that a caller sits out.
const PATIENCE: TimeDelta = TimeDelta::seconds(2);
const MAX_PAUSES: u64 = 100_000;

/// What Backlog counts separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Class {
    Read,
    Update,
    Search,
    Icon,
}

impl Class {
    /// Which requests are searches is not published. These are taken for it: a read that is one
    /// after all must not stop the others.
    fn of(request: &Request) -> Self {
        if request.method != Method::GET {
            return Self::Update;
        }
        let path: Vec<_> = request.path.iter().map(Segment::as_str).collect();
        let by_keyword = request.query.iter().any(|(name, _)| name == "keyword");
        match path.as_slice() {
            [.., "icon" | "image"] => Self::Icon,
            ["issues"] | ["issues", "count"] => Self::Search,
            _ if by_keyword => Self::Search,
            _ => Self::Read,
        }
    }
}

/// Whose requests of one class; the secret is only in the digest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Lane([u8; 32], Class);

impl Lane {
    pub fn of(url: &BacklogUrl, secret: &[u8], request: &Request) -> Self {
        let mut digest = Sha256::new();
        digest.update(url.as_str());
        digest.update([0]);
        digest.update(secret);
        Self(digest.finalize().into(), Class::of(request))
    }
}

#[derive(Debug)]
pub(super) struct Pace {
    clock: Clock,
    pauses: Cache<Lane, DateTime<Utc>>,
}

impl Pace {
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            pauses: Cache::builder()
                .max_capacity(MAX_PAUSES)
                .time_to_live(Duration::from_secs(60))
                .build(),
        }
    }

    /// Waits for a short pause to end; an error says when a long one does.
    pub async fn keep(&self, lane: &Lane) -> Result<(), BacklogError> {
        let Some(until) = self.pauses.get(lane).await else {
            return Ok(());
        };
        let left = until - self.clock.now();
        if left > PATIENCE {
            return Err(BacklogError::RateLimited { reset: Some(until) });
        }
        if let Ok(left) = left.to_std() {
            tokio::time::sleep(left).await;
        }
        Ok(())
    }

    /// Reads what an answer says of the limit.
    pub async fn note(&self, lane: Lane, headers: &HeaderMap, is_limited: bool) {
        let nothing_left = headers
            .get("x-ratelimit-remaining")
            .is_some_and(|remaining| remaining.as_bytes() == b"0");
        if !(nothing_left || is_limited) {
            return;
        }
        let now = self.clock.now();
        if let Some(reset) = error::reset(headers)
            && reset > now
        {
            self.pauses.insert(lane, reset.min(now + WINDOW)).await;
        }
    }
}

#[cfg(test)]
mod tests;
