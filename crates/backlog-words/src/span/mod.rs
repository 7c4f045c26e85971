//! Reads spans of days. Both ends are included.
//!
//! | text | days |
//! |---|---|
//! | `2026-12-01..2026-12-18`, `12月1日〜18日`, `1 Dec to 18 Dec`, `from monday to friday`, `月曜から金曜まで` | from one to the other |
//! | `2026-12-01..`, `since 2026-12-01`, `12月1日以降`, `>=2026-12-01` | that day and later |
//! | `..2026-12-18`, `until friday`, `by friday`, `金曜まで`, `以前`, `<=2026-12-18` | that day and earlier |
//! | `after 2026-12-18`, `before 2026-12-18`, `より後`, `より前`, `>`, `<` | without that day |
//! | any form of a [day](crate::day) | that day |
//! | `this week`, `last month`, `next quarter`, `this year`, `今週`, `先月`, `来年`, `今週末` | the whole period |
//! | `last 7 days`, `past 30 days`, `past week`, `直近7日`, `過去30日間` | the days up to today, today included |
//! | `next 7 days`, `今後7日間` | the days from today, today included |
//! | `2026-12`, `2026年12月`, `December 2026`, `12月`, `2026`, `Q4 2026`, `2026年第4四半期` | the whole period |
//!
//! `since` looks for a day in the past. In `10/1` and `12/1〜12/5` the month is first, unless the
//! other end shows that the day is; a caller can say which days were read. An end without a year is the nearest one that fits the other end. Weeks start on Monday;
//! quarters are those of the calendar year. A fiscal year (`年度`) is an error.

mod days;
pub(crate) mod period;
mod sides;

use chrono::{DateTime, NaiveDateTime, TimeZone};

use crate::{
    day::{DayError, Toward, form::unclear_time, now::Now},
    error::Unexpected,
    removal,
    text::{plain, unquoted},
};

pub use self::days::{Reversed, Span};

const EXPECTED: &str =
    "a day or a span such as 2026-12-01..2026-12-18, today, this week or last 7 days";
const EXPECTED_DUE: &str =
    "overdue, none, or a day or a span such as 2026-12-01..2026-12-18, today or this week";
/// The words that an error offers for a similar one.
const VOCABULARY: [&str; 25] = [
    "today",
    "tomorrow",
    "yesterday",
    "friday",
    "this week",
    "last week",
    "next week",
    "this month",
    "last month",
    "next month",
    "this quarter",
    "last quarter",
    "this year",
    "last year",
    "last 7 days",
    "past 30 days",
    "今日",
    "今週",
    "先週",
    "来週",
    "今月",
    "先月",
    "来月",
    "直近7日間",
    "過去30日間",
];
const OVERDUE: [&str; 8] = [
    "overdue",
    "past due",
    "late",
    "期限切れ",
    "期限超過",
    "期日超過",
    "期限過ぎ",
    "遅延",
];
const NO_DUE_DATE: [&str; 8] = [
    "no due date",
    "without due date",
    "without a due date",
    "no date",
    "期限なし",
    "期限無し",
    "期日なし",
    "期限未設定",
];

/// A filter of due dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DueFilter {
    /// The due date has passed.
    Overdue,
    /// There is no due date.
    None,
    /// The due date is in a span.
    Span(Span),
}

impl DueFilter {
    /// Reads `overdue`, `none`, or a span of days. A day or month of every year is the nearest one,
    /// because a due date may have passed.
    ///
    /// # Errors
    /// The text is none of these.
    pub fn read<Tz: TimeZone>(text: &str, now: &DateTime<Tz>) -> Result<Self, DayError> {
        let plain = plain(text).unwrap_or_default();
        let words = unquoted(&plain);
        if OVERDUE.contains(&words) {
            return Ok(Self::Overdue);
        }
        if NO_DUE_DATE.contains(&words) || removal::is_removal(text) {
            return Ok(Self::None);
        }
        let expected = (
            EXPECTED_DUE,
            ["overdue", "期限切れ", "none", "なし"].as_slice(),
        );
        spanned(text, now, Toward::Nearest, expected).map(Self::Span)
    }
}

/// Reads a span of days, or one day.
///
/// A day without a year, month or week is looked for on one side of today: `friday` and `12月`
/// are the next ones [toward the future](Toward::Future), and the last ones
/// [toward the past](Toward::Past).
///
/// # Errors
/// The text is no span, or the span ends before it starts.
pub fn read<Tz: TimeZone>(
    text: &str,
    now: &DateTime<Tz>,
    toward: Toward,
) -> Result<Span, DayError> {
    spanned(text, now, toward, (EXPECTED, &[]))
}

/// Reads a span; an error has a text of its own, with more words that may be meant.
fn spanned<Tz: TimeZone>(
    text: &str,
    now: &DateTime<Tz>,
    toward: Toward,
    (expected, more): (&'static str, &[&'static str]),
) -> Result<Span, DayError> {
    let zone = now.timezone();
    let local = |utc: NaiveDateTime| zone.from_utc_datetime(&utc).date_naive();
    let now = Now::new(now.date_naive(), toward, &local);
    let Some(plain) = plain(text) else {
        return Err(Unexpected::new(expected, text).into());
    };
    let plain = unquoted(&plain);
    let words = more.iter().copied().chain(VOCABULARY);
    sides::read(plain, &now).unwrap_or_else(|| {
        Err(unclear_time(plain).unwrap_or_else(|| {
            let error = Unexpected::new(expected, text);
            error.with_nearest(plain, words).into()
        }))
    })
}

#[cfg(test)]
mod tests;
