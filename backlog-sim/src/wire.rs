//! The JSON format of times, dates and numbers; for `#[serde(serialize_with = …)]`.

#![expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference to the field"
)]

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serializer;

/// `2026-10-02T01:22:45Z`.
pub(crate) fn stamp(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

pub(crate) fn timestamp<S: Serializer>(
    time: &DateTime<Utc>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&stamp(*time))
}

pub(crate) fn optional_timestamp<S: Serializer>(
    time: &Option<DateTime<Utc>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => timestamp(time, serializer),
        None => serializer.serialize_none(),
    }
}

/// A date is sent as the timestamp of its midnight in UTC.
pub(crate) fn date<S: Serializer>(
    date: &Option<NaiveDate>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match date {
        Some(date) => serializer.collect_str(&date.format("%Y-%m-%dT00:00:00Z")),
        None => serializer.serialize_none(),
    }
}

/// Numbers without a fraction are sent as integers.
pub(crate) fn number<S: Serializer>(
    number: &Option<f64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match number {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the guard keeps to numbers that an i64 holds"
        )]
        Some(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
            serializer.serialize_i64(*number as i64)
        }
        Some(number) => serializer.serialize_f64(*number),
        None => serializer.serialize_none(),
    }
}
