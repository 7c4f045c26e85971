//! Respects Backlog's rate limits, so that no caller repeats requests that Backlog will reject.
//!
//! Backlog counts per user, minute and class of request. Each response contains the number of
//! requests left (`X-RateLimit-Remaining`) and the end of the minute (`X-RateLimit-Reset`, in epoch
//! seconds).
//!
//! 1. After a response with nothing left, or a 429, the class pauses for these credentials: until
//!    the end of the minute, or for `Retry-After`. After a 429 without a usable time it pauses for
//!    a minute.
//! 2. A request of that class waits if the pause is short. Otherwise it fails at once with the time
//!    at which it may be sent, and nothing is sent to Backlog.
//! 3. The number of requests left is cached for callers that are about to send many.
//!
//! Backlog counts all of a user's clients, so the hub learns only afterwards that nothing is left.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use foundation::clock::Clock;
use moka::future::Cache;
use reqwest::{Method, header::HeaderMap};
use sha2::{Digest, Sha256};

use super::{
    error::BacklogError,
    rate_limit_headers::{LONGEST, WINDOW, remaining, reset},
    request::Request,
    segment::Segment,
    url::BacklogUrl,
};

/// The longest pause that a request waits for.
const MAX_WAIT: TimeDelta = TimeDelta::seconds(2);
const MAX_PAUSES: u64 = 100_000;

/// The classes that Backlog counts separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Class {
    Read,
    Update,
    Search,
    Icon,
}

impl Class {
    /// Backlog does not publish which requests are searches. These are assumed to be, so that a
    /// search taken for a read does not pause all reads.
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

/// The credentials, as a digest, and the class of a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct RateLimitKey([u8; 32], Class);

impl RateLimitKey {
    pub(crate) fn of(url: &BacklogUrl, secret: &[u8], request: &Request) -> Self {
        let mut digest = Sha256::new();
        digest.update(url.as_str());
        digest.update([0]);
        digest.update(secret);
        Self(digest.finalize().into(), Class::of(request))
    }
}

/// The number of requests of a class that are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    pub requests: usize,
    /// When the limit is reset.
    pub until: DateTime<Utc>,
}

#[derive(Debug)]
pub(super) struct RateLimitGate {
    clock: Clock,
    pauses: Cache<RateLimitKey, DateTime<Utc>>,
    left: Cache<RateLimitKey, Left>,
}

impl RateLimitGate {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            pauses: cache(LONGEST),
            left: cache(WINDOW),
        }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Waits for a short pause to end; fails with the end of a long one.
    pub(crate) async fn keep(&self, key: &RateLimitKey) -> Result<(), BacklogError> {
        let Some(until) = self.pauses.get(key).await else {
            return Ok(());
        };
        let left = until - self.clock.now();
        if left > MAX_WAIT {
            return Err(BacklogError::RateLimited {
                until,
                status: None,
            });
        }
        if let Ok(left) = left.to_std() {
            tokio::time::sleep(left).await;
        }
        Ok(())
    }

    /// The number of requests left for this key, if a response within this minute contained it.
    pub(crate) async fn left(&self, key: &RateLimitKey) -> Option<Left> {
        let left = self.left.get(key).await;
        left.filter(|left| left.until > self.clock.now())
    }

    /// Records the limit that a response reports; `limited` is the end of a rejection.
    pub(crate) async fn note(
        &self,
        key: RateLimitKey,
        headers: &HeaderMap,
        limited: Option<DateTime<Utc>>,
    ) {
        let now = self.clock.now();
        let reset = reset(headers, now);
        let remaining = remaining(headers);
        let spent = reset.filter(|_| remaining == Some(0));
        if let Some(until) = limited.or(spent) {
            self.pauses.insert(key.clone(), until).await;
        }
        // Callers send many requests at a time only to read.
        if let Some(requests) = remaining.filter(|_| key.1 == Class::Read) {
            let left = Left {
                requests: usize::try_from(requests).unwrap_or(0),
                until: reset.unwrap_or(now + WINDOW),
            };
            self.left.insert(key, left).await;
        }
    }
}

fn cache<T: Clone + Send + Sync + 'static>(time_to_live: TimeDelta) -> Cache<RateLimitKey, T> {
    Cache::builder()
        .max_capacity(MAX_PAUSES)
        .time_to_live(time_to_live.to_std().unwrap_or(Duration::ZERO))
        .build()
}

#[cfg(test)]
mod tests;
