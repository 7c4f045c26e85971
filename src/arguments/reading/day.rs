//! Reads days, in every form of [`backlog_words::day`].
//!
//! 1. An absolute day means the same in every space, so no request is needed for it.
//! 2. Any other day is counted from today in the time zone of the space. The caller looks the zone
//!    up only if an argument may be such a day ([`Inputs::have_relative_day`]).

use backlog_words::day::{self, DayError, Toward};
use chrono::{DateTime, TimeZone, Utc};
use rmcp::model::JsonObject;
use serde_json::Value;

use super::inputs::Inputs;
use crate::toolkit::{
    input_kind::{Input, InputKind, Mark},
    quoted::quoted,
};

/// Reads a day, and returns it as `yyyy-MM-dd`.
///
/// # Errors
/// The text is not one day.
pub(crate) fn read<Tz: TimeZone>(
    text: &str,
    now: &DateTime<Tz>,
    toward: Toward,
) -> Result<String, String> {
    let day = match day::absolute(text) {
        Err(DayError::NotAbsolute(_)) => day::read_toward(text, now, toward),
        absolute => absolute,
    };
    day.map(|day| day.format("%Y-%m-%d").to_string())
        .map_err(|error| error.to_string())
}

/// The side of today on which an input looks for a day without a year or week: items are created
/// and updated in the past, and most other days are in the future.
pub(super) fn toward(input: &str) -> Toward {
    let is_past = input.starts_with("created") || input.starts_with("updated");
    match is_past || ["since", "until"].contains(&input) {
        true => Toward::Past,
        false => Toward::Future,
    }
}

/// Whether the meaning of a text depends on the current day: a day that is not absolute, or a span.
fn is_relative(text: &str, now: &DateTime<Utc>) -> bool {
    matches!(day::absolute(text), Err(DayError::NotAbsolute(_)))
        && !matches!(day::read(text, now), Err(DayError::Unexpected(_)))
}

/// Whether a value has a text that is a relative day, at any depth.
fn has_relative(value: &Value, now: &DateTime<Utc>) -> bool {
    match value {
        Value::String(text) => match serde_json::from_str(text) {
            Ok(parsed @ (Value::Array(_) | Value::Object(_))) => has_relative(&parsed, now),
            _ => is_relative(text, now),
        },
        Value::Array(items) => items.iter().any(|item| has_relative(item, now)),
        Value::Object(fields) => fields.values().any(|field| has_relative(field, now)),
        _ => false,
    }
}

impl Inputs {
    /// Whether an argument is a day that is counted from today, so that the time zone of the space
    /// is needed.
    pub(crate) fn have_relative_day(&self, arguments: &JsonObject, now: &DateTime<Utc>) -> bool {
        arguments.iter().any(|(name, value)| {
            let input = self.input(name);
            input.is_some_and(|input| input.has_days() && has_relative(value, now))
        })
    }
}

impl Input {
    pub(super) fn is_day(&self) -> bool {
        self.kind == InputKind::Marked(Mark::Date)
    }

    fn has_days(&self) -> bool {
        let InputKind::Marked(mark) = self.kind else {
            return false;
        };
        matches!(
            mark,
            Mark::Date | Mark::CustomFieldValues | Mark::CustomFieldFilters
        )
    }

    /// Says how a relative day was read.
    pub(super) fn day_note(&self, given: &Value, read: &Value) -> Option<String> {
        let text = given.as_str().filter(|text| day::absolute(text).is_err())?;
        let day = read.as_str().filter(|day| !day.is_empty())?;
        Some(format!("{} {} was read as {day}.", self.name, quoted(text)))
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;

    /// A Tuesday in Japan, and still a Monday in UTC.
    fn now() -> DateTime<Tz> {
        let now: DateTime<Utc> = "2026-11-30T20:00:00Z".parse().unwrap();
        now.with_timezone(&Tz::Asia__Tokyo)
    }

    #[test]
    fn a_day_is_that_of_the_space() {
        for (text, expected) in [
            ("2026-10-20", "2026-10-20"),
            ("２０２６年１０月２０日", "2026-10-20"),
            ("2026-10-19T15:00:00Z", "2026-10-20"),
            ("2026-10-19T18:22:11Z", "2026-10-20"),
            ("today", "2026-12-01"),
            ("今日", "2026-12-01"),
            ("Ｔｏｍｏｒｒｏｗ", "2026-12-02"),
            ("来週の金曜", "2026-12-11"),
            ("in 3 days", "2026-12-04"),
        ] {
            let day = read(text, &now(), Toward::Future);
            assert_eq!(day.as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_weekday_is_on_the_side_of_its_input() {
        for (input, expected) in [
            ("dueDate", "2026-12-04"),
            ("dueDateUntil", "2026-12-04"),
            ("createdSince", "2026-11-27"),
            ("updatedUntil", "2026-11-27"),
            ("since", "2026-11-27"),
        ] {
            let day = read("friday", &now(), toward(input));
            assert_eq!(day.as_deref(), Ok(expected), "{input}");
        }
    }

    #[test]
    fn anything_else_is_reported() {
        for (text, expected) in [
            (
                "this week",
                "several days (2026-11-30..2026-12-06); give one of them",
            ),
            (
                "今週",
                "several days (2026-11-30..2026-12-06); give one of them",
            ),
            ("2026-02-31", "there is no 31 February 2026"),
            (
                "tomorow",
                "expected a day such as 2026-12-18, tomorrow or friday",
            ),
            (
                "soon",
                "expected a day such as 2026-12-18, tomorrow or friday",
            ),
        ] {
            let error = read(text, &now(), Toward::Future).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn only_a_relative_day_needs_the_time_zone() {
        let now = now().to_utc();
        for text in [
            "today",
            "this week",
            "friday",
            "18日",
            "2026-10-19T18:22:11Z",
        ] {
            assert!(is_relative(text, &now), "{text}");
        }
        for text in [
            "2026-10-20",
            "2026年10月20日",
            "2026-02-31",
            "soon",
            "S1",
            "5",
        ] {
            assert!(!is_relative(text, &now), "{text}");
        }
        let value = serde_json::json!(r#"{"Found on": "yesterday"}"#);
        assert!(has_relative(&value, &now));
    }
}
