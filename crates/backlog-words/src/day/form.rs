//! Reads a plain text in every form of a day.
//!
//! 1. Words that do not change the day are left out.
//! 2. The first form that the text has decides.
//! 3. A weekday beside the day is checked.

use chrono::{Datelike, Weekday};

use super::{
    absolute, edge,
    error::DayError,
    now::Now,
    partial, relative, week,
    written::{Found, Written, out},
};
use crate::{
    calendar::within,
    text::{quoted, squeezed},
};

/// Reads a plain text; `None` if it has no form of a day.
pub(crate) fn written(plain: &str, now: &Now<'_>) -> Found {
    let text = without_particles(plain);
    if let Some(found) = one(text, now) {
        return Some(found);
    }
    let (weekday, rest) = week::remark(text)?;
    let found = one(rest, now)?;
    Some(found.and_then(|found| with_weekday(found, weekday, now)))
}

/// Removes words that do not change the day.
pub(crate) fn without_particles(text: &str) -> &str {
    let start = ["on ", "by "].iter().find_map(|it| text.strip_prefix(it));
    let text = start.unwrap_or(text);
    let ends = ["までに", "まで", "中に", "中"];
    let end = ends.iter().find_map(|it| text.strip_suffix(it));
    end.unwrap_or(text).trim()
}

fn one(text: &str, now: &Now<'_>) -> Found {
    relative::parse(text, now.today)
        .or_else(|| week::parse(text, now.today))
        .or_else(|| in_zone(text, now))
        .or_else(|| partial::parse(text, now.today))
        .or_else(|| edge::parse(text, now))
}

/// Reads an absolute day, the time of which is in the space's time zone unless it has its own.
fn in_zone(text: &str, now: &Now<'_>) -> Found {
    let squeezed = squeezed(text);
    let found = absolute::parse(text).or_else(|| absolute::parse(&squeezed))?;
    let found = match found {
        Ok(found) => found,
        Err(error) => return Some(Err(error)),
    };
    let day = match found.time {
        absolute::Time::AsWritten | absolute::Time::Local => Ok(found.day),
        absolute::Time::NextDay => found.next().ok_or_else(|| out(text)),
        absolute::Time::Utc(time) => {
            let day = (now.local)(found.day.and_time(time));
            within(day).ok_or_else(|| out(text))
        }
        absolute::Time::Unclear => return None,
    };
    Some(day.map(Written::Fixed))
}

/// Reports a time in an unknown form beside a day.
pub(crate) fn unclear_time(plain: &str) -> Option<DayError> {
    let (_, time) = plain.split_once(['t', ' '])?;
    let is_time = time.starts_with(|c: char| c.is_ascii_digit());
    let found = absolute::parse(plain).filter(|_| is_time)?.ok()?;
    (found.time == absolute::Time::Unclear).then(|| DayError::Time(quoted(plain)))
}

/// Checks the weekday beside a day.
fn with_weekday(found: Written, weekday: Weekday, now: &Now<'_>) -> Result<Written, DayError> {
    match now.day(found) {
        Some(day) if day.weekday() != weekday => Err(DayError::OtherWeekday {
            day,
            written: weekday,
        }),
        // A day without a year may have another weekday in another year.
        Some(day) => Ok(Written::Fixed(day)),
        None => Ok(found),
    }
}
