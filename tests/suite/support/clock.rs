//! Clocks that tests decide.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};
use foundation::clock::Clock;

const START: i64 = 1_700_000_000;

/// A clock that does not move: nothing takes time, so nothing pauses.
pub(crate) fn still() -> Clock {
    Clock::from_fn(|| at(START))
}

/// A clock that moves by an hour each time it is read: everything takes long.
pub(crate) fn hurrying() -> Clock {
    let hours = AtomicI64::new(0);
    Clock::from_fn(move || at(START + 3_600 * hours.fetch_add(1, Ordering::Relaxed)))
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).expect("a time")
}
