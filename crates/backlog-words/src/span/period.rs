//! Reads periods: `this week`, `last 7 days`, `2026-12`, `Q4 2026`.

use chrono::{Datelike, NaiveDate, Weekday};

use super::days::Span;
use crate::{
    calendar::{Recurring, Unit},
    day::{
        DayError, Toward,
        absolute::{number, year},
        count,
        partial::{RELATIVE, month},
        week::relative,
        written::out,
    },
};

type Found = Option<Result<Span, DayError>>;

/// Words for periods, with their distance from the current one.
const WORDS: [(&str, Unit, i64); 23] = [
    ("今週", Unit::Week, 0),
    ("来週", Unit::Week, 1),
    ("次週", Unit::Week, 1),
    ("再来週", Unit::Week, 2),
    ("先週", Unit::Week, -1),
    ("先々週", Unit::Week, -2),
    ("先先週", Unit::Week, -2),
    ("今四半期", Unit::Quarter, 0),
    ("当四半期", Unit::Quarter, 0),
    ("この四半期", Unit::Quarter, 0),
    ("来四半期", Unit::Quarter, 1),
    ("次の四半期", Unit::Quarter, 1),
    ("先四半期", Unit::Quarter, -1),
    ("前四半期", Unit::Quarter, -1),
    ("前の四半期", Unit::Quarter, -1),
    ("今年", Unit::Year, 0),
    ("本年", Unit::Year, 0),
    ("来年", Unit::Year, 1),
    ("再来年", Unit::Year, 2),
    ("昨年", Unit::Year, -1),
    ("去年", Unit::Year, -1),
    ("一昨年", Unit::Year, -2),
    ("おととし", Unit::Year, -2),
];
const UP_TO_TODAY: [&str; 5] = ["直近", "過去", "ここ", "最近", "この"];
/// Half a year in months.
const HALF_A_YEAR: u32 = 6;
const FROM_TODAY: [&str; 4] = ["今後", "向こう", "この先", "これから"];

/// Reads a plain text; `None` if it is not a period.
pub(crate) fn read(text: &str, today: NaiveDate, toward: Toward) -> Found {
    let text = without_particles(text);
    word(text, today)
        .or_else(|| english(text, today))
        .or_else(|| counted_in_japanese(text, today))
        .or_else(|| weekend(text, today))
        .or_else(|| quarter(text, today))
        .or_else(|| calendar_month(text, today, toward))
        .or_else(|| calendar_year(text))
}

fn without_particles(text: &str) -> &str {
    let starts = [
        "in the ",
        "during the ",
        "during ",
        "within the ",
        "the ",
        "in ",
    ];
    let start = starts.iter().find_map(|it| text.strip_prefix(it));
    let text = start.unwrap_or(text);
    text.strip_suffix('中').unwrap_or(text).trim()
}

/// A unit at a distance from the current one.
fn whole(text: &str, today: NaiveDate, unit: Unit, count: i64) -> Result<Span, DayError> {
    let days = unit.after(today, count).and_then(|day| unit.around(day));
    let (first, last) = days.ok_or_else(|| out(text))?;
    Ok(Span::between(first, last)?)
}

/// A number of units up to today, or from today on; today is the first or the last day.
fn rolling(text: &str, today: NaiveDate, unit: Unit, count: i64) -> Result<Span, DayError> {
    let other = unit.after(today, count).and_then(|day| {
        if count < 0 {
            day.succ_opt()
        } else {
            day.pred_opt()
        }
    });
    let other = other.ok_or_else(|| out(text))?;
    Ok(Span::between(today.min(other), today.max(other))?)
}

fn word(text: &str, today: NaiveDate) -> Found {
    let months = RELATIVE
        .iter()
        .map(|(word, count)| (*word, Unit::Month, *count));
    let mut words = WORDS.into_iter().chain(months);
    let (_, unit, count) = words.find(|(word, ..)| *word == text)?;
    Some(whole(text, today, unit, count))
}

/// Reads `this week`, `last 7 days`, `past month`.
fn english(text: &str, today: NaiveDate) -> Found {
    let words: Vec<_> = text.split(' ').collect();
    Some(match *words.as_slice() {
        ["past", unit] => rolling(text, today, count::english_unit(unit)?, -1),
        [which, unit @ ("week" | "month" | "quarter" | "year")] => {
            let count = relative(which)?;
            whole(text, today, count::english_unit(unit)?, count)
        }
        ["last" | "past" | "previous", number, unit] => {
            let number = positive(count::english(number)?)?;
            rolling(text, today, count::english_unit(unit)?, -number)
        }
        ["next" | "coming", number, unit] => {
            let number = positive(count::english(number)?)?;
            rolling(text, today, count::english_unit(unit)?, number)
        }
        _ => return None,
    })
}

/// Reads `直近7日`, `過去30日間`, `今後2週間`.
fn counted_in_japanese(text: &str, today: NaiveDate) -> Found {
    let after = |words: &[&str]| words.iter().find_map(|word| text.strip_prefix(word));
    let (sign, rest) = match after(&FROM_TODAY) {
        Some(rest) => (1, rest),
        None => (-1, after(&UP_TO_TODAY)?),
    };
    let rest = rest.trim();
    let (number, unit) = count::japanese(rest.strip_prefix('の').unwrap_or(rest))?;
    Some(rolling(text, today, unit, sign * positive(number)?))
}

fn positive(number: i64) -> Option<i64> {
    Some(number).filter(|number| *number > 0)
}

/// Reads `this weekend`, `来週末`: Saturday and Sunday of the week.
fn weekend(text: &str, today: NaiveDate) -> Found {
    let count = match text {
        "weekend" | "this weekend" | "週末" | "今週末" => 0,
        "next weekend" | "来週末" => 1,
        "last weekend" | "先週末" => -1,
        _ => return None,
    };
    let week = Unit::Week.after(today, count);
    let saturday = week.and_then(|day| {
        let (monday, _) = Unit::Week.around(day)?;
        Recurring::Weekly(Weekday::Sat).on_or_after(monday)
    });
    let days = saturday.and_then(|day| Some((day, Unit::Day.after(day, 1)?)));
    Some(match days {
        Some((saturday, sunday)) => Span::between(saturday, sunday).map_err(DayError::from),
        None => Err(out(text)),
    })
}

/// Reads `Q4 2026`, `2026-Q4`, `2026年第4四半期`, and `Q4` of this year.
fn quarter(text: &str, today: NaiveDate) -> Found {
    let squeezed = crate::text::squeezed(text);
    let (year, number) = quarter_in_japanese(&squeezed).or_else(|| english_quarter(&squeezed))?;
    let year = match year {
        "" | "今" => today.year(),
        written => self::year(written)?,
    };
    let number: u32 = number.parse().ok().filter(|it| (1..=4).contains(it))?;
    let first = NaiveDate::from_ymd_opt(year, number * 3 - 2, 1)?;
    Some(whole(text, first, Unit::Quarter, 0))
}

fn quarter_in_japanese(text: &str) -> Option<(&str, &str)> {
    let (year, number) = text.strip_suffix("四半期")?.split_once('第')?;
    Some((year.strip_suffix('年').unwrap_or(year), number))
}

fn english_quarter(text: &str) -> Option<(&str, &str)> {
    let (before, after) = text.split_once('q')?;
    let (number, year) = after.split_at_checked(1)?;
    match (before.is_empty(), year.is_empty()) {
        (_, true) => Some((before.strip_suffix('-').unwrap_or(before), number)),
        (true, false) => Some((year.strip_prefix('-').unwrap_or(year), number)),
        (false, false) => None,
    }
}

/// Reads `2026-12`, `2026年12月`, `December 2026`, and `12月` of the nearest year.
fn calendar_month(text: &str, today: NaiveDate, toward: Toward) -> Found {
    let (year, number) = numeric_month(text).or_else(|| named_month(text))?;
    let number = match u32::try_from(number) {
        Ok(number) if (1..=12).contains(&number) => number,
        _ => return Some(Err(DayError::NoSuchMonth(number))),
    };
    let year = match year {
        Some(year) => year,
        None => today.year() + nearest_year(number, today.month(), toward),
    };
    let first = NaiveDate::from_ymd_opt(year, number, 1)?;
    Some(whole(text, first, Unit::Month, 0))
}

/// The distance of the year in which a month is the next, the last or the nearest one, the current
/// one included.
fn nearest_year(number: u32, current: u32, toward: Toward) -> i32 {
    match toward {
        Toward::Future if number < current => 1,
        Toward::Past if number > current => -1,
        Toward::Nearest if number + HALF_A_YEAR <= current => 1,
        Toward::Nearest if number > current + HALF_A_YEAR => -1,
        Toward::Future | Toward::Past | Toward::Nearest => 0,
    }
}

fn numeric_month(text: &str) -> Option<(Option<i32>, i32)> {
    let squeezed = crate::text::squeezed(text);
    if let Some(rest) = squeezed.strip_suffix('月') {
        return match rest.split_once('年') {
            Some((year, month)) => Some((Some(self::year(year)?), number(month)?)),
            None => Some((None, number(rest)?)),
        };
    }
    let (year, month) = squeezed.split_once(['-', '/', '.'])?;
    let is_whole = year.len() == 4 && (1..=2).contains(&month.len());
    let (year, month) = (self::year(year)?, number(month)?);
    is_whole.then_some((Some(year), month))
}

fn named_month(text: &str) -> Option<(Option<i32>, i32)> {
    let text = text.replace([',', '-'], " ");
    let words: Vec<_> = text.split_whitespace().collect();
    match *words.as_slice() {
        [name] => Some((None, month(name)?)),
        [name, year] => Some((Some(self::year(year)?), month(name)?)),
        _ => None,
    }
}

/// Reads `2026`, `2026年`, `令和8年`.
fn calendar_year(text: &str) -> Found {
    let bare = text.strip_suffix('年');
    let is_year = bare.is_some() || text.len() == 4;
    let year = year(bare.unwrap_or(text)).filter(|_| is_year)?;
    let first = NaiveDate::from_ymd_opt(year, 1, 1)?;
    Some(whole(text, first, Unit::Year, 0))
}
