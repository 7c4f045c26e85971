//! Keeps to Backlog's rate limits, so that nobody runs on against a closed door.
//!
//! Backlog counts per user, minute and class of request, and says in each answer what is left
//! (`X-RateLimit-Remaining`) and when the minute ends (`X-RateLimit-Reset`, epoch seconds).
//!
//! 1. After an answer with nothing left, or a 429, the class pauses for these credentials: until
//!    the end of the minute, or as long as `Retry-After` says. After a 429 that says neither, or
//!    nothing that can be, it pauses for a minute all the same.
//! 2. A request of that class waits if the pause is short, and fails at once otherwise, with the
//!    time at which it may be sent. Backlog is not asked.
//! 3. How many requests are left is remembered for those who are about to make many of them.
//!
//! Backlog counts for all programs of a user, so that nothing is left is known only afterwards.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use moka::future::Cache;
use reqwest::{
    Method,
    header::{HeaderMap, RETRY_AFTER},
};
use sha2::{Digest, Sha256};

use super::{BacklogError, BacklogUrl, Request, Segment};
use crate::clock::Clock;

/// Backlog counts by the minute: a reset further off than this is a clock that is wrong.
const WINDOW: TimeDelta = TimeDelta::seconds(60);
/// The longest pause: a `Retry-After` further off is asked about again after this.
const LONGEST: TimeDelta = TimeDelta::minutes(5);
/// No time in seconds is as large, so this is one in milliseconds.
const MILLISECONDS: i64 = 100_000_000_000;
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

/// How many requests of a class may still be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    pub requests: usize,
    /// When there are more again.
    pub until: DateTime<Utc>,
}

#[derive(Debug)]
pub(super) struct Pace {
    clock: Clock,
    pauses: Cache<Lane, DateTime<Utc>>,
    left: Cache<Lane, Left>,
}

impl Pace {
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            pauses: cache(LONGEST),
            left: cache(WINDOW),
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Waits for a short pause to end; an error says when a long one does.
    pub async fn keep(&self, lane: &Lane) -> Result<(), BacklogError> {
        let Some(until) = self.pauses.get(lane).await else {
            return Ok(());
        };
        let left = until - self.clock.now();
        if left > PATIENCE {
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

    /// How many requests of this lane are left, if an answer of this minute said so.
    pub async fn left(&self, lane: &Lane) -> Option<Left> {
        let left = self.left.get(lane).await;
        left.filter(|left| left.until > self.clock.now())
    }

    /// Reads what an answer says of the limit; `limited` is until when it refuses more.
    pub async fn note(&self, lane: Lane, headers: &HeaderMap, limited: Option<DateTime<Utc>>) {
        let now = self.clock.now();
        let reset = reset(headers, now);
        let remaining = number(headers, "x-ratelimit-remaining");
        let spent = reset.filter(|_| remaining == Some(0));
        if let Some(until) = limited.or(spent) {
            self.pauses.insert(lane.clone(), until).await;
        }
        // Only of reads does anybody make many at a time.
        if let Some(requests) = remaining.filter(|_| lane.1 == Class::Read) {
            let left = Left {
                requests: usize::try_from(requests).unwrap_or(0),
                until: reset.unwrap_or(now + WINDOW),
            };
            self.left.insert(lane, left).await;
        }
    }
}

fn cache<T: Clone + Send + Sync + 'static>(time_to_live: TimeDelta) -> Cache<Lane, T> {
    Cache::builder()
        .max_capacity(MAX_PAUSES)
        .time_to_live(time_to_live.to_std().unwrap_or(Duration::ZERO))
        .build()
}

/// When the requests that a 429 refuses may be sent again.
pub(super) fn until(headers: &HeaderMap, now: DateTime<Utc>) -> DateTime<Utc> {
    let announced = retry_after(headers, now).max(reset(headers, now));
    announced.unwrap_or(now + WINDOW)
}

/// What `Retry-After` says, in seconds or as a date; `None` if that is no later time.
fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let at = match text.parse::<u32>() {
        Ok(seconds) => now + TimeDelta::seconds(seconds.into()),
        Err(_) => DateTime::parse_from_rfc2822(text).ok()?.to_utc(),
    };
    (at > now).then(|| at.min(now + LONGEST))
}

/// When the minute ends for which Backlog counts; `None` if that is no later time.
fn reset(headers: &HeaderMap, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let seconds = match number(headers, "x-ratelimit-reset")? {
        milliseconds @ MILLISECONDS.. => milliseconds / 1000,
        seconds => seconds,
    };
    let at = DateTime::from_timestamp(seconds, 0)?;
    (at > now).then(|| at.min(now + WINDOW))
}

fn number(headers: &HeaderMap, name: &str) -> Option<i64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests;
