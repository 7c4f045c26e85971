//! Reads a day in any form in which users and models write it.
//!
//! Today is the day of `now` in its time zone, which is that of the space. Weeks start on Monday.
//!
//! | text | day |
//! |---|---|
//! | `2026-12-18`, `2026/12/18`, `2026.12.18`, `20261218`, `2026年12月18日`, `令和8年12月18日`, `R8.12.18` | that day |
//! | `18 December 2026`, `Dec 18, 2026`, `12/18/2026` | that day |
//! | `2026-12-18 15:00`, `2026-12-18T09:00:00+09:00` | the day as written |
//! | `2026-12-18T00:00:00Z`, `2026-12-17T15:00:00Z` | the 18th: the two forms of a day in Backlog's responses |
//! | `2026-12-18T18:22:11Z` | the day in the space's time zone |
//! | `12月18日`, `Dec 18`, `12/18` | the next such day, today included |
//! | `18日`, `the 18th` | the same of every month |
//! | `10/12` | an error with both meanings |
//! | `today`, `tomorrow`, `yesterday`, `day after tomorrow`, `今日`, `明日`, `昨日`, `明後日` | |
//! | `friday`, `金曜`, `金曜日` | today if today is a Friday, else the next Friday |
//! | `coming friday`, `次の金曜`, `今度の金曜` | the first Friday after today |
//! | `this friday`, `next friday`, `last friday` | the Friday of this, the next, the last week |
//! | `今週金曜`, `来週の金曜`, `再来週の金曜`, `先週の金曜` | the same |
//! | `in 3 days`, `2 weeks ago`, `+3d`, `-1w`, `3日後`, `2週間前`, `1か月後` | counted from today; [`Shift`] counts from another day |
//! | `end of month`, `end of next month`, `今月末`, `来月末`, `年末`, `start of next week`, `来月初` | the last or first day |
//! | `今月15日`, `来月5日` | a day of that month |
//!
//! `on`, `by`, `まで`, `までに` and `中` around a day are ignored. A weekday beside a day, as in
//! `2026-12-18 (Fri)`, must be right. The end of a week is an error, because it may be a Friday or
//! a Sunday.

pub(crate) mod absolute;
pub(crate) mod count;
mod edge;
mod error;
pub(crate) mod form;
pub(crate) mod now;
pub(crate) mod partial;
mod relative;
mod shift;
mod toward;
pub(crate) mod week;
pub(crate) mod written;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone};

use self::{now::Now, written::out};
use crate::{
    error::Unexpected,
    span::period,
    text::{MAX_TEXT, clean, plain, quoted, unquoted},
};

pub use self::{error::DayError, shift::Shift, toward::Toward};

const EXPECTED: &str = "a day such as 2026-12-18, tomorrow or friday";
/// The words that an error offers for a similar one.
const VOCABULARY: [&str; 28] = [
    "today",
    "tomorrow",
    "yesterday",
    "day after tomorrow",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "next monday",
    "next friday",
    "in 3 days",
    "end of month",
    "end of next month",
    "今日",
    "明日",
    "昨日",
    "明後日",
    "月曜日",
    "金曜日",
    "今週の金曜",
    "来週の金曜",
    "3日後",
    "月末",
    "今月末",
    "来月末",
];

/// Reads a day; one without a year, month or week is the next one.
///
/// # Errors
/// The text is not one day.
pub fn read<Tz: TimeZone>(text: &str, now: &DateTime<Tz>) -> Result<NaiveDate, DayError> {
    read_toward(text, now, Toward::Future)
}

/// Reads a day; one without a year, month or week is looked for on one side of today.
///
/// # Errors
/// The text is not one day.
pub fn read_toward<Tz: TimeZone>(
    text: &str,
    now: &DateTime<Tz>,
    toward: Toward,
) -> Result<NaiveDate, DayError> {
    let zone = now.timezone();
    let local = |utc: NaiveDateTime| zone.from_utc_datetime(&utc).date_naive();
    let now = Now::new(now.date_naive(), toward, &local);
    let Some(plain) = plain(text) else {
        return Err(Unexpected::new(EXPECTED, text).into());
    };
    let plain = unquoted(&plain);
    if let Some(found) = form::written(plain, &now) {
        return now.day(found?).ok_or_else(|| out(text));
    }
    if let Some(Ok(span)) = period::read(plain, now.today, toward) {
        return Err(DayError::Several {
            received: quoted(text),
            span,
        });
    }
    Err(form::unclear_time(plain).unwrap_or_else(|| {
        let error = Unexpected::new(EXPECTED, text);
        error.with_nearest(plain, VOCABULARY).into()
    }))
}

/// Reads an absolute day: forms that mean the same day at any time and in any time zone.
///
/// # Errors
/// The text is not such a day, or the calendar does not have it.
pub fn absolute(text: &str) -> Result<NaiveDate, DayError> {
    let not = || DayError::NotAbsolute(quoted(text));
    let plain = match text.len() {
        0..=MAX_TEXT => clean(text).unwrap_or_default(),
        _ => return Err(not()),
    };
    let found = absolute::parse(&plain).ok_or_else(not)??;
    match found.time {
        absolute::Time::AsWritten => Ok(found.day),
        absolute::Time::NextDay => found.next().ok_or_else(not),
        absolute::Time::Local | absolute::Time::Utc(_) | absolute::Time::Unclear => Err(not()),
    }
}

#[cfg(test)]
mod tests;
