//! The errors of days and spans.

use chrono::{Datelike, NaiveDate, Weekday};

use crate::{
    error::Unexpected,
    span::{Reversed, Span},
};

/// A text is not one day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DayError {
    /// The text has no known form.
    #[error(transparent)]
    Unexpected(#[from] Unexpected),
    /// The text, which is quoted, is not an absolute day; only [`absolute`](super::absolute())
    /// returns this.
    #[error("expected a date as yyyy-MM-dd, received string {0}")]
    NotAbsolute(String),
    /// The calendar does not have the day.
    #[error("there is no {day} {}{}", month_name(*month), year_after(*year))]
    NoSuchDay {
        /// The day of the month.
        day: u32,
        /// The month from 1.
        month: u32,
        /// The year, if it is written.
        year: Option<i32>,
    },
    /// There is no such month.
    #[error("there is no month {0}")]
    NoSuchMonth(i32),
    /// A month and a day are in unclear order.
    #[error("{received} is ambiguous; give {} or {}", meanings[0], meanings[1])]
    Ambiguous {
        /// The quoted text.
        received: String,
        /// The possible days.
        meanings: [NaiveDate; 2],
    },
    /// A span was given where one day is expected.
    #[error("{received} is several days ({span}); give one of them")]
    Several {
        /// The quoted text.
        received: String,
        /// The days.
        span: Span,
    },
    /// The weekday beside a day is not that of the day.
    #[error("{day} is a {}, not a {}", weekday_name(day.weekday()), weekday_name(*written))]
    OtherWeekday {
        /// The day.
        day: NaiveDate,
        /// The weekday beside it.
        written: Weekday,
    },
    /// The time beside a day has no known form.
    #[error("expected a day without a time, or with one such as 15:00, received {0}")]
    Time(String),
    /// The day has no year of four digits.
    #[error("{0} is outside of the years 1000 to 9999")]
    OutOfRange(String),
    /// A span ends before it starts.
    #[error(transparent)]
    Reversed(#[from] Reversed),
}

fn month_name(month: u32) -> &'static str {
    let month = u8::try_from(month).ok();
    month
        .and_then(|month| chrono::Month::try_from(month).ok())
        .map_or("such month", |month| month.name())
}

fn year_after(year: Option<i32>) -> String {
    year.map_or_else(String::new, |year| format!(" {year}"))
}

fn weekday_name(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}
