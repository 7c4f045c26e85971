//! Backlog's timestamps, in the time zone of the space.
//!
//! Backlog has two kinds, and both come as `2026-10-19T15:00:00Z`: a day, such as a due date, is
//! midnight in UTC or in the time zone of the space; a moment is when something was done.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde_json::Value;

use crate::{Renderer, inline};

/// Integers above this are milliseconds; in seconds it is the year 5138.
const LARGEST_SECOND: u64 = 100_000_000_000;

impl Renderer {
    /// Writes a day, such as a due date: `2026-10-20`. Another text is written as it is, on one
    /// line.
    pub fn day(&self, day: &Value) -> Option<String> {
        match Stamp::of(day)? {
            Stamp::Moment(moment) => Some(self.calendar_day(moment).to_string()),
            Stamp::Day(day) => Some(day.to_string()),
            Stamp::Other(text) => Some(text),
        }
    }

    /// Writes the day of a moment, in the time zone of the space: `2026-10-20`.
    pub fn day_of_moment(&self, moment: &Value) -> Option<String> {
        self.formatted(moment, "%Y-%m-%d")
    }

    /// Writes a moment, in the time zone of the space: `2026-10-20 09:05`.
    pub fn moment(&self, moment: &Value) -> Option<String> {
        self.formatted(moment, "%Y-%m-%d %H:%M")
    }

    fn formatted(&self, moment: &Value, format: &str) -> Option<String> {
        match Stamp::of(moment)? {
            Stamp::Moment(moment) => {
                let moment = moment.with_timezone(&self.time_zone);
                Some(moment.format(format).to_string())
            }
            Stamp::Day(day) => Some(day.to_string()),
            Stamp::Other(text) => Some(text),
        }
    }

    fn calendar_day(&self, midnight: DateTime<Utc>) -> NaiveDate {
        let local = midnight.with_timezone(&self.time_zone);
        if midnight.time() == NaiveTime::MIN {
            midnight.date_naive()
        } else if local.time() == NaiveTime::MIN {
            local.date_naive()
        } else {
            // Midnight in another time zone, which the space may have had: the nearest midnight.
            let noon = midnight.checked_add_signed(TimeDelta::hours(12));
            noon.unwrap_or(midnight).date_naive()
        }
    }
}

enum Stamp {
    Moment(DateTime<Utc>),
    Day(NaiveDate),
    Other(String),
}

impl Stamp {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Self::of_text(text),
            Value::Number(number) => {
                let number = number.as_i64()?;
                let moment = if number.unsigned_abs() <= LARGEST_SECOND {
                    DateTime::from_timestamp(number, 0)
                } else {
                    DateTime::from_timestamp_millis(number)
                };
                Some(Self::Moment(moment?))
            }
            _ => None,
        }
    }

    fn of_text(text: &str) -> Option<Self> {
        let text = text.trim();
        // Its years have four digits, so no time zone leaves the calendar.
        if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
            return Some(Self::Moment(moment.to_utc()));
        }
        for form in ["%Y-%m-%d", "%Y/%m/%d"] {
            if let Ok(day) = NaiveDate::parse_from_str(text, form) {
                return Some(Self::Day(day));
            }
        }
        let line = inline::line(text);
        (!line.is_empty()).then_some(Self::Other(line))
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn renderer(zone: Tz) -> Renderer {
        Renderer::new("https://acme.backlog.com", zone)
    }

    #[test]
    fn a_day_is_that_of_its_midnight() {
        for (zone, stamp, expected) in [
            (Tz::Asia__Tokyo, "2026-10-20T00:00:00Z", "2026-10-20"),
            (Tz::Asia__Tokyo, "2026-10-19T15:00:00Z", "2026-10-20"),
            (Tz::Asia__Tokyo, "2026-12-31T15:00:00Z", "2027-01-01"),
            (Tz::America__New_York, "2026-10-20T00:00:00Z", "2026-10-20"),
            (Tz::America__New_York, "2026-10-20T04:00:00Z", "2026-10-20"),
            // Summer time in Auckland is 13 hours before UTC, and the nearest midnight is another.
            (Tz::Pacific__Auckland, "2026-12-19T11:00:00Z", "2026-12-20"),
            // The space was in Japan.
            (Tz::UTC, "2026-10-19T15:00:00Z", "2026-10-20"),
            (Tz::UTC, "2026-10-20", "2026-10-20"),
            (Tz::UTC, "2026/10/20", "2026-10-20"),
            (Tz::Asia__Tokyo, "9999-12-31T00:00:00Z", "9999-12-31"),
            (Tz::America__New_York, "0000-01-01T00:00:00Z", "0000-01-01"),
            (Tz::UTC, "来週\n金曜", "来週\\n金曜"),
        ] {
            let day = renderer(zone).day(&json!(stamp));
            assert_eq!(day.as_deref(), Some(expected), "{zone} {stamp}");
        }
    }

    #[test]
    fn a_moment_is_in_the_time_zone_of_the_space() {
        let tokyo = renderer(Tz::Asia__Tokyo);
        for (stamp, expected) in [
            (json!("2026-10-02T15:22:45Z"), Some("2026-10-03 00:22")),
            (json!("2026-10-03T00:22:45+09:00"), Some("2026-10-03 00:22")),
            (json!(1_790_954_565), Some("2026-10-03 00:22")),
            (json!(1_790_954_565_000_i64), Some("2026-10-03 00:22")),
            (json!(""), None),
            (json!(null), None),
            (json!({"a": 1}), None),
        ] {
            assert_eq!(tokyo.moment(&stamp).as_deref(), expected, "{stamp}");
        }
        let day = tokyo.day_of_moment(&json!("2026-10-02T15:22:45Z"));
        assert_eq!(day.as_deref(), Some("2026-10-03"));
    }

    proptest! {
        #[test]
        fn no_stamp_is_too_much(text in "[0-9TZ:+. -]{0,30}", number in any::<i64>()) {
            for zone in [Tz::UTC, Tz::Asia__Tokyo, Tz::Pacific__Apia] {
                for value in [json!(text), json!(number)] {
                    let renderer = renderer(zone);
                    let _ = (renderer.day(&value), renderer.moment(&value));
                }
            }
        }
    }
}
