//! Reads the two ends of a span, and finds the days that they mean together.
//!
//! 1. A word before or after a day, such as `since` or `まで`, leaves the other end open.
//! 2. A text that is one day or one period as a whole has no two ends: `3 days from now`.
//! 3. A sign or word between two texts makes them the ends.
//! 4. An end without a year, month or week is the nearest one that fits the other end.

use chrono::NaiveDate;

use super::{days::Span, period};
use crate::{
    calendar::Recurring,
    day::{
        DayError, Toward, form,
        now::Now,
        partial,
        written::{Written, out},
    },
};

/// An end of a span as it is written.
#[derive(Clone, Copy)]
enum Side {
    Days(Span),
    Day(Written),
}

/// The part of a span that a word beside a day keeps.
#[derive(Clone, Copy)]
enum Bound {
    Since,
    After,
    Until,
    Before,
}

const BEFORE: [(&str, Bound); 17] = [
    ("since ", Bound::Since),
    ("from ", Bound::Since),
    ("starting ", Bound::Since),
    (">=", Bound::Since),
    ("≥", Bound::Since),
    ("after ", Bound::After),
    ("later than ", Bound::After),
    (">", Bound::After),
    ("until ", Bound::Until),
    ("till ", Bound::Until),
    ("up to ", Bound::Until),
    ("through ", Bound::Until),
    ("by ", Bound::Until),
    ("<=", Bound::Until),
    ("≤", Bound::Until),
    ("before ", Bound::Before),
    ("<", Bound::Before),
];
/// A longer word precedes those at its end.
const BEHIND: [(&str, Bound); 11] = [
    ("から", Bound::Since),
    ("以降", Bound::Since),
    ("以後", Bound::Since),
    (" onwards", Bound::Since),
    (" or later", Bound::Since),
    ("より後", Bound::After),
    ("までに", Bound::Until),
    ("まで", Bound::Until),
    ("以前", Bound::Until),
    (" or earlier", Bound::Until),
    ("より前", Bound::Before),
];
/// The signs between two days. A sign that may also be within a day has spaces around it.
const BETWEEN: [&str; 13] = [
    "..",
    "〜",
    "~",
    "から",
    " to ",
    " through ",
    " until ",
    " till ",
    " - ",
    " – ",
    " — ",
    "–",
    "—",
];

/// Reads a plain text; `None` if it has no known form.
pub(super) fn read(text: &str, now: &Now<'_>) -> Option<Result<Span, DayError>> {
    bounded(text, now)
        .or_else(|| Some(side(text, now)?.and_then(|it| alone(it, now, text))))
        .or_else(|| two_ends(text, now))
}

/// Reads one end. Two numbers that may both be the month have the month first.
fn side(text: &str, now: &Now<'_>) -> Option<Result<Side, DayError>> {
    let day = form::written(text, now).map(|day| match day {
        Err(error @ DayError::Ambiguous { .. }) => {
            partial::month_first(form::without_particles(text)).unwrap_or(Err(error))
        }
        day => day,
    });
    let day = day.map(|day| day.map(Side::Day));
    day.or_else(|| Some(period::read(text, now.today, now.toward)?.map(Side::Days)))
}

/// Reads an end beside one such as `18/12`: its month may not be first.
fn one_order(text: &str, now: &Now<'_>) -> Option<Result<Side, DayError>> {
    match form::written(text, now) {
        Some(Err(error @ DayError::Ambiguous { .. })) => Some(Err(error)),
        _ => side(text, now),
    }
}

/// The days of one end without another.
fn alone(side: Side, now: &Now<'_>, text: &str) -> Result<Span, DayError> {
    match side {
        Side::Days(span) => Ok(span),
        Side::Day(day) => {
            let day = now.day(day);
            day.map(Span::of_day).ok_or_else(|| out(text))
        }
    }
}

/// Reads a day with a word such as `since`, or with one open end: `2026-12-01..`.
fn bounded(text: &str, now: &Now<'_>) -> Option<Result<Span, DayError>> {
    let (bound, name) = bound(text)?;
    // `since monday` is never about the next one.
    let toward = if text.starts_with("since ") {
        Toward::Past
    } else {
        now.toward
    };
    let now = &Now { toward, ..*now };
    let span = side(name.trim(), now)?.and_then(|it| alone(it, now, text));
    let span = match span {
        Ok(span) => span,
        Err(error) => return Some(Err(error)),
    };
    let (first, last) = (span.start()?, span.end()?);
    Some(match bound {
        Bound::Since => Ok(Span::since(first)),
        Bound::Until => Ok(Span::until(last)),
        Bound::After => beside(last.succ_opt(), text).map(Span::since),
        Bound::Before => beside(first.pred_opt(), text).map(Span::until),
    })
}

fn beside(day: Option<NaiveDate>, text: &str) -> Result<NaiveDate, DayError> {
    day.and_then(crate::calendar::within)
        .ok_or_else(|| out(text))
}

fn bound(text: &str) -> Option<(Bound, &str)> {
    for sign in ["..", "〜", "~"] {
        if let Some(name) = text.strip_suffix(sign) {
            return Some((Bound::Since, name.trim_end_matches('.')));
        }
        if let Some(name) = text.strip_prefix(sign) {
            return Some((Bound::Until, name.trim_start_matches('.')));
        }
    }
    let behind = || {
        BEHIND
            .iter()
            .find_map(|(it, bound)| Some((*bound, text.strip_suffix(it)?)))
    };
    let mut before = BEFORE.iter();
    let before = before.find_map(|(it, bound)| Some((*bound, text.strip_prefix(it)?)));
    before.or_else(behind)
}

/// Reads two ends with a sign or a word between them.
fn two_ends(text: &str, now: &Now<'_>) -> Option<Result<Span, DayError>> {
    let (text, signs) = match text.strip_prefix("between ") {
        Some(text) => (text, [" and "].as_slice()),
        None => (
            text.strip_prefix("from ").unwrap_or(text),
            BETWEEN.as_slice(),
        ),
    };
    let mut found = signs.iter().filter_map(|sign| text.split_once(sign));
    found.find_map(|(start, end)| {
        let (first, last) = (start.trim(), end.trim_start_matches('.').trim());
        let (start, end) = match partial::is_day_first(first) || partial::is_day_first(last) {
            true => (one_order(first, now)?, one_order(last, now)?),
            false => (side(first, now)?, side(last, now)?),
        };
        let both = start.and_then(|start| end.map(|end| (start, end)));
        Some(both.and_then(|(start, end)| together(start, end, now, text)))
    })
}

/// Finds the days that two ends mean together.
fn together(start: Side, end: Side, now: &Now<'_>, text: &str) -> Result<Span, DayError> {
    let start = match start {
        Side::Days(span) => span.start().map(Written::Fixed),
        Side::Day(day) => Some(day),
    };
    let end = match end {
        Side::Days(span) => span.end().map(Written::Fixed),
        Side::Day(day) => Some(day),
    };
    let days = start.zip(end).and_then(|(start, end)| match (start, end) {
        (Written::Fixed(start), Written::Fixed(end)) => Some((start, end)),
        (Written::Fixed(start), Written::Recurring(end)) => Some((start, end.on_or_after(start)?)),
        (Written::Recurring(start), Written::Fixed(end)) => Some((start.on_or_before(end)?, end)),
        (Written::Recurring(start), Written::Recurring(end)) => recurring(start, end, now),
    });
    let (start, end) = days.ok_or_else(|| out(text))?;
    Ok(Span::between(start, end)?)
}

/// The span around today or before it, or else the next one. The nearest one of every year may have
/// ended.
fn recurring(start: Recurring, end: Recurring, now: &Now<'_>) -> Option<(NaiveDate, NaiveDate)> {
    let today = now.today;
    let first = start.on_or_before(today)?;
    let last = end.on_or_after(first)?;
    if now.toward == Toward::Past || last >= today {
        return Some((first, last));
    }
    let next = start.on_or_after(today.succ_opt()?)?;
    let is_annual = matches!(start, Recurring::Annual { .. });
    if now.toward == Toward::Nearest && is_annual && today - last < next - today {
        return Some((first, last));
    }
    Some((next, end.on_or_after(next)?))
}
