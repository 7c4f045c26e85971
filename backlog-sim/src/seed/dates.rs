//! The dates of the seeded entities.

use chrono::{DateTime, NaiveDate, TimeZone, Utc};

/// A full hour; the seed's own dates are always valid.
pub(super) fn at(year: i32, month: u32, day: u32, hour: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(year, month, day, hour, 0, 0)
        .single()
        .expect("a valid time")
}

/// `2026-11-20`; the seed's own dates are always valid.
pub(super) fn date(text: &str) -> NaiveDate {
    text.parse().expect("a valid date")
}
