//! Reads a day with its year first, with or without a time.

use chrono::{NaiveDate, NaiveTime};

use super::error::DayError;
use crate::calendar::{FIRST_YEAR, within};

/// The year before the first year of the current Japanese era.
const REIWA: i32 = 2018;

/// A day with a time.
pub(super) struct Absolute {
    pub(super) day: NaiveDate,
    pub(super) time: Time,
}

impl Absolute {
    /// The day after, if its year has four digits.
    pub(super) fn next(&self) -> Option<NaiveDate> {
        within(self.day.succ_opt()?)
    }
}

/// The meaning of the time beside a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Time {
    /// There is no time, or it does not change the day.
    AsWritten,
    /// It is midnight of the next day in Japan, as Backlog writes it.
    NextDay,
    /// A time of an unknown time zone.
    Local,
    Utc(NaiveTime),
    /// The text is not a time.
    Unclear,
}

/// Reads a cleaned text; `None` if it has another form.
pub(super) fn parse(text: &str) -> Option<Result<Absolute, DayError>> {
    let (day, time) = match text.find(['T', 't', ' ']) {
        Some(end) => (&text[..end], Time::of(text[end + 1..].trim())),
        None => (text, Time::AsWritten),
    };
    let [year, month, day] = numbers(day)?;
    Some(dated(Some(year), month, day).map(|day| Absolute { day, time }))
}

/// The day of three numbers; the year decides only about leap days if it is absent.
pub(super) fn dated(year: Option<i32>, month: i32, day: i32) -> Result<NaiveDate, DayError> {
    // Every day of the calendar is in this year.
    const LEAP: i32 = 2000;
    let (month, day) = (month.unsigned_abs(), day.unsigned_abs());
    let found = NaiveDate::from_ymd_opt(year.unwrap_or(LEAP), month, day);
    found.ok_or(match month {
        1..=12 => DayError::NoSuchDay { day, month, year },
        _ => DayError::NoSuchMonth(month.cast_signed()),
    })
}

/// Splits a date into year, month and day.
fn numbers(day: &str) -> Option<[i32; 3]> {
    if day.len() == 8 && day.bytes().all(|byte| byte.is_ascii_digit()) {
        let parts = [&day[..4], &day[4..6], &day[6..]];
        return all(parts.into_iter()).filter(|parts| parts[0] >= FIRST_YEAR);
    }
    let day = day.strip_suffix('日').unwrap_or(day);
    let (year, rest) = day.split_at_checked(day.find(['-', '/', '.', '年'])?)?;
    let mut rest = rest.chars();
    rest.next();
    let mut parts = rest.as_str().splitn(2, ['-', '/', '.', '月']);
    let (month, day) = (number(parts.next()?)?, number(parts.next()?)?);
    Some([self::year(year)?, month, day])
}

/// Reads a year of four digits, or of the Japanese era: `2026`, `令和8`, `令和元`, `R8`.
pub(crate) fn year(text: &str) -> Option<i32> {
    match text.strip_prefix("令和").or(text.strip_prefix(['r', 'R'])) {
        Some("元") => Some(REIWA + 1),
        Some(era) => number(era)
            .filter(|year| (1..=99).contains(year))
            .map(|it| it + REIWA),
        None => number(text).filter(|year| *year >= FIRST_YEAR),
    }
}

fn all<'a>(parts: impl Iterator<Item = &'a str>) -> Option<[i32; 3]> {
    let parts: Option<Vec<i32>> = parts.map(number).collect();
    parts?.try_into().ok()
}

/// Reads a number of at most four digits.
pub(crate) fn number(part: &str) -> Option<i32> {
    let is_number = (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    part.parse().ok().filter(|_| is_number)
}

impl Time {
    fn of(text: &str) -> Self {
        let text = text.to_ascii_uppercase();
        if let Some(utc) = text.strip_suffix('Z') {
            return match utc.split_once('.').map_or(utc, |(seconds, _)| seconds) {
                "00:00:00" | "00:00" => Self::AsWritten,
                "15:00:00" | "15:00" => Self::NextDay,
                _ => clock(utc).map_or(Self::Unclear, Self::Utc),
            };
        }
        let is_time = |text: &str| {
            let sign = |b: u8| b.is_ascii_digit() || b == b':' || b == b'.';
            text.len() >= 4 && text.bytes().all(sign)
        };
        match text.find(['+', '-']).map(|place| text.split_at(place)) {
            Some((clock, zone)) if is_time(clock) && is_time(&zone[1..]) => Self::AsWritten,
            None if clock(&text).is_some() => Self::Local,
            _ => Self::Unclear,
        }
    }
}

fn clock(text: &str) -> Option<NaiveTime> {
    let forms = ["%H:%M", "%H:%M:%S", "%H:%M:%S%.f"];
    let mut times = forms
        .iter()
        .map(|form| NaiveTime::parse_from_str(text, form));
    times.find_map(Result::ok)
}
