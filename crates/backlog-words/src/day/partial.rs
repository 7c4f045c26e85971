//! Reads days without a year or with the year last: `12月18日`, `Dec 18`, `12/18`, `12/18/2026`,
//! `来月5日`.

use chrono::{Datelike, NaiveDate};

use super::{
    absolute::{dated, number},
    error::DayError,
    written::{Found, Written, out},
};
use crate::{
    calendar::{FIRST_YEAR, Recurring, Unit},
    text::quoted,
};

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
/// Words for months, with their distance from this one. A longer word precedes those at its end.
pub(crate) const RELATIVE: [(&str, i64); 9] = [
    ("再来月", 2),
    ("さ来月", 2),
    ("先々月", -2),
    ("先先月", -2),
    ("来月", 1),
    ("翌月", 1),
    ("今月", 0),
    ("当月", 0),
    ("先月", -1),
];

pub(super) fn parse(text: &str, today: NaiveDate) -> Found {
    japanese(text)
        .or_else(|| in_month(text, today))
        .or_else(|| two_numbers(text, today))
        .or_else(|| year_last(text))
        .or_else(|| english(text))
}

/// The number of a month by its English name, or the first letters of it.
pub(crate) fn month(word: &str) -> Option<i32> {
    let word = word.trim_end_matches('.');
    let is_it = |name: &&str| *name == word || word == &name[..3] || (word, *name) == SEPT;
    let place = MONTHS.iter().position(is_it)?;
    i32::try_from(place + 1).ok()
}

/// The only common abbreviation of four letters.
const SEPT: (&str, &str) = ("sept", "september");

/// Whether a text starts with the name of a month.
pub(super) fn has_month(text: &str) -> bool {
    text.split([' ', ',', '.']).next().and_then(month).is_some()
}

/// A day of every year, or of one.
fn of(year: Option<i32>, month: i32, day: i32) -> Result<Written, DayError> {
    let date = dated(year, month, day)?;
    Ok(match year {
        Some(_) => Written::Fixed(date),
        None => Written::Recurring(Recurring::Annual {
            month: date.month(),
            day: date.day(),
        }),
    })
}

fn monthly(day: i32) -> Found {
    let day = u32::try_from(day)
        .ok()
        .filter(|day| (1..=31).contains(day))?;
    Some(Ok(Written::Recurring(Recurring::Monthly(day))))
}

/// Reads `12月18日`, `18日`.
fn japanese(text: &str) -> Found {
    let day = text.strip_suffix('日')?;
    match day.split_once('月') {
        Some((month, day)) => Some(of(None, number(month.trim())?, number(day.trim())?)),
        None => monthly(number(day)?),
    }
}

/// Reads `来月5日`, `今月の15日`.
fn in_month(text: &str, today: NaiveDate) -> Found {
    let mut months = RELATIVE.iter();
    let (count, rest) = months.find_map(|(word, it)| Some((*it, text.strip_prefix(word)?)))?;
    let rest = rest.trim();
    let day = rest.strip_prefix('の').unwrap_or(rest);
    let day = number(day.trim().strip_suffix('日')?)?;
    let Some(month) = Unit::Month.after(today, count) else {
        return Some(Err(out(text)));
    };
    Some(of(Some(month.year()), month.month().cast_signed(), day))
}

/// Reads `12/18`, in which only one number can be a month.
fn two_numbers(text: &str, today: NaiveDate) -> Found {
    let (one, other) = text.split_once(['/', '-'])?;
    let is_short = |part: &&str| part.len() <= 2;
    let read = |part| Some(part).filter(is_short).and_then(number);
    let (one, other) = (read(one)?, read(other)?);
    if let Some((month, day)) = order(one, other) {
        return Some(of(None, month, day));
    }
    let meaning = |month, day| {
        let day = dated(None, month, day).ok()?;
        let (month, day) = (day.month(), day.day());
        Recurring::Annual { month, day }.on_or_after(today)
    };
    let meanings = [meaning(one, other)?, meaning(other, one)?];
    Some(Err(ambiguous(text, meanings)))
}

/// Whether a text shows that days precede months: `18/12`.
pub(crate) fn is_day_first(text: &str) -> bool {
    let parts: Vec<_> = text.split(['/', '-']).map(number).collect();
    matches!(*parts.as_slice(), [Some(13..), Some(..=12)])
}

/// Reads `12/1` with its month first.
pub(crate) fn month_first(text: &str) -> Found {
    let (month, day) = text.split_once(['/', '-'])?;
    let is_short = month.len() <= 2 && day.len() <= 2;
    is_short.then_some(())?;
    Some(of(None, number(month)?, number(day)?))
}

/// Reads `12/18/2026`, `18.12.2026`.
fn year_last(text: &str) -> Found {
    let parts: Vec<_> = text.splitn(4, ['/', '-', '.']).collect();
    let [one, other, year] = *parts.as_slice() else {
        return None;
    };
    let is_short = one.len() <= 2 && other.len() <= 2;
    let year = number(year).filter(|year| is_short && *year >= FIRST_YEAR)?;
    let (one, other) = (number(one)?, number(other)?);
    if let Some((month, day)) = order(one, other) {
        return Some(of(Some(year), month, day));
    }
    let meaning = |month, day| dated(Some(year), month, day).ok();
    let meanings = [meaning(one, other)?, meaning(other, one)?];
    Some(Err(ambiguous(text, meanings)))
}

/// Returns the month and the day of two numbers; `None` if both may be the month.
fn order(one: i32, other: i32) -> Option<(i32, i32)> {
    match (one > 12, other > 12) {
        (true, false) => Some((other, one)),
        (false, false) if one != other && one > 0 && other > 0 => None,
        _ => Some((one, other)),
    }
}

fn ambiguous(text: &str, meanings: [NaiveDate; 2]) -> DayError {
    DayError::Ambiguous {
        received: quoted(text),
        meanings,
    }
}

/// Reads `18 December 2026`, `Dec 18`, `the 18th`.
fn english(text: &str) -> Found {
    let text = text.replace([',', '-', '/'], " ");
    let words = text.split_whitespace();
    let words: Vec<_> = words.filter(|it| !matches!(*it, "of" | "the")).collect();
    let (month, day, year) = match *words.as_slice() {
        [day] => return monthly(ordinal(day).filter(|_| number(day).is_none())?),
        [one, other] => match month(one) {
            Some(month) => (month, ordinal(other)?, None),
            None => (month(other)?, ordinal(one)?, None),
        },
        [one, other, year] => {
            // `2026 Dec 18` has its year first.
            let (one, other, year) = match number(one) {
                Some(FIRST_YEAR..) => (other, year, one),
                _ => (one, other, year),
            };
            let year = Some(number(year).filter(|year| *year >= FIRST_YEAR)?);
            match month(one) {
                Some(month) => (month, ordinal(other)?, year),
                None => (month(other)?, ordinal(one)?, year),
            }
        }
        _ => return None,
    };
    Some(of(year, month, day))
}

/// Reads `18`, `18th`.
fn ordinal(word: &str) -> Option<i32> {
    let endings = ["st", "nd", "rd", "th"];
    let bare = endings.iter().find_map(|it| word.strip_suffix(it));
    number(bare.unwrap_or(word)).filter(|day| *day < 100)
}
