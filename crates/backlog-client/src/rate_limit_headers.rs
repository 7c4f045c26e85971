//! The headers with which Backlog reports its rate limits.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// Backlog counts by the minute: a later reset means that a clock is wrong.
pub(super) const WINDOW: TimeDelta = TimeDelta::seconds(60);
/// The longest pause: after a longer `Retry-After`, a request is tried again after this time.
pub(super) const LONGEST: TimeDelta = TimeDelta::minutes(5);
/// Larger than any time in seconds, so such a value is in milliseconds.
const MILLISECONDS: i64 = 100_000_000_000;

/// When requests may be sent again after a 429.
pub(super) fn until(headers: &HeaderMap, now: DateTime<Utc>) -> DateTime<Utc> {
    let announced = retry_after(headers, now).max(reset(headers, now));
    announced.unwrap_or(now + WINDOW)
}

/// The time of `Retry-After`, in seconds or as a date; `None` if it is not in the future.
fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let at = match text.parse::<u32>() {
        Ok(seconds) => now + TimeDelta::seconds(seconds.into()),
        Err(_) => DateTime::parse_from_rfc2822(text).ok()?.to_utc(),
    };
    (at > now).then(|| at.min(now + LONGEST))
}

/// The end of the minute that Backlog counts; `None` if it is not in the future.
pub(super) fn reset(headers: &HeaderMap, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let seconds = match number(headers, "x-ratelimit-reset")? {
        milliseconds @ MILLISECONDS.. => milliseconds / 1000,
        seconds => seconds,
    };
    let at = DateTime::from_timestamp(seconds, 0)?;
    (at > now).then(|| at.min(now + WINDOW))
}

/// The number of requests left.
pub(super) fn remaining(headers: &HeaderMap) -> Option<i64> {
    number(headers, "x-ratelimit-remaining")
}

fn number(headers: &HeaderMap, name: &str) -> Option<i64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}
