//! Writes how long to wait before another call.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};

/// `in 12 seconds (at 2026-11-30T04:33:27Z)`
pub(super) fn time(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let wait = (at - now).to_std().unwrap_or_default();
    let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    format!("in {} (at {at})", seconds(wait))
}

/// `12 seconds`, rounded up, at least one.
pub(super) fn seconds(duration: Duration) -> String {
    let nanos = u64::from(duration.subsec_nanos() > 0);
    match duration.as_secs() + nanos {
        0 | 1 => "1 second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}
