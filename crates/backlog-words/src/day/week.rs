//! Reads weekdays: the nearest one, or that of a week.

use chrono::{NaiveDate, Weekday};

use super::{
    partial,
    written::{Found, Written, fixed},
};
use crate::calendar::{Recurring, Unit};

const KANJI: [(char, Weekday); 7] = [
    ('月', Weekday::Mon),
    ('火', Weekday::Tue),
    ('水', Weekday::Wed),
    ('木', Weekday::Thu),
    ('金', Weekday::Fri),
    ('土', Weekday::Sat),
    ('日', Weekday::Sun),
];
/// Words for weeks, with their distance from this one. A longer word precedes those at its end.
const WEEKS: [(&str, i64); 8] = [
    ("再来週", 2),
    ("さ来週", 2),
    ("先々週", -2),
    ("先先週", -2),
    ("来週", 1),
    ("次週", 1),
    ("今週", 0),
    ("先週", -1),
];
const AFTER: [&str; 3] = ["今度の", "次の", "つぎの"];
const BEFORE: [&str; 2] = ["この前の", "前の"];

/// The place of a weekday.
enum Which {
    Nearest,
    InWeek(i64),
    AfterToday,
    BeforeToday,
}

pub(super) fn parse(text: &str, today: NaiveDate) -> Found {
    let (which, weekday) = english_phrase(text).or_else(|| japanese_phrase(text))?;
    let recurring = Recurring::Weekly(weekday);
    let day = match which {
        Which::Nearest => return Some(Ok(Written::Recurring(recurring))),
        Which::InWeek(count) => in_week(today, count, weekday),
        Which::AfterToday => today.succ_opt().and_then(|it| recurring.on_or_after(it)),
        Which::BeforeToday => today.pred_opt().and_then(|it| recurring.on_or_before(it)),
    };
    Some(fixed(text, day))
}

fn in_week(today: NaiveDate, count: i64, weekday: Weekday) -> Option<NaiveDate> {
    let (monday, _) = Unit::Week.around(today)?;
    let monday = Unit::Week.after(monday, count)?;
    Unit::Day.after(monday, weekday.num_days_from_monday().into())
}

/// Returns the distance of `this`, `next` or `last`.
pub(crate) fn relative(word: &str) -> Option<i64> {
    Some(match word {
        "this" | "current" => 0,
        "next" => 1,
        "last" | "previous" => -1,
        _ => return None,
    })
}

fn english_phrase(text: &str) -> Option<(Which, Weekday)> {
    let words: Vec<_> = text.split(' ').filter(|word| *word != "of").collect();
    let (which, day) = match *words.as_slice() {
        [day] => (Which::Nearest, day),
        ["coming" | "upcoming", day] | ["this" | "the", "coming", day] => (Which::AfterToday, day),
        [day, "after", "next"] => (Which::InWeek(2), day),
        [week, day] | [week, "week" | "week's", day] | [day, week, "week"] => {
            (Which::InWeek(relative(week)?), day)
        }
        _ => return None,
    };
    Some((which, english(day)?))
}

fn japanese_phrase(text: &str) -> Option<(Which, Weekday)> {
    let after = |words: &[&str]| words.iter().find_map(|word| text.strip_prefix(word));
    if let Some(weekday) = japanese(text) {
        return Some((Which::Nearest, weekday));
    }
    if let Some(rest) = after(&AFTER) {
        return Some((Which::AfterToday, japanese(rest.trim())?));
    }
    if let Some(rest) = after(&BEFORE) {
        return Some((Which::BeforeToday, japanese(rest.trim())?));
    }
    let mut weeks = WEEKS.iter();
    let (count, rest) = weeks.find_map(|(word, it)| Some((*it, text.strip_prefix(word)?)))?;
    let rest = rest.trim();
    let day = rest.strip_prefix('の').unwrap_or(rest).trim();
    Some((
        Which::InWeek(count),
        japanese(day).or_else(|| bracketed(day))?,
    ))
}

fn english(word: &str) -> Option<Weekday> {
    Some(match word.trim_end_matches('.') {
        "monday" | "mon" => Weekday::Mon,
        "tuesday" | "tue" | "tues" => Weekday::Tue,
        "wednesday" | "wed" => Weekday::Wed,
        "thursday" | "thu" | "thur" | "thurs" => Weekday::Thu,
        "friday" | "fri" => Weekday::Fri,
        "saturday" | "sat" => Weekday::Sat,
        "sunday" | "sun" => Weekday::Sun,
        _ => return None,
    })
}

/// Reads `金曜`, `金曜日`.
fn japanese(word: &str) -> Option<Weekday> {
    let word = word.strip_suffix("曜日").or(word.strip_suffix('曜'))?;
    kanji(word)
}

fn kanji(word: &str) -> Option<Weekday> {
    let mut chars = word.chars();
    let (sign, None) = (chars.next()?, chars.next()) else {
        return None;
    };
    let mut all = KANJI.iter();
    all.find(|(it, _)| *it == sign).map(|(_, weekday)| *weekday)
}

/// Reads `(金)`, `(Fri)`.
fn bracketed(text: &str) -> Option<Weekday> {
    let word = text.strip_prefix('(')?.strip_suffix(')')?;
    kanji(word)
        .or_else(|| japanese(word))
        .or_else(|| english(word))
}

/// Splits the weekday from a day: `2026-12-18 (Fri)`, `12月18日金曜日`, `Fri, 18 Dec`.
pub(super) fn remark(text: &str) -> Option<(Weekday, &str)> {
    if let Some(place) = text.rfind('(') {
        let (day, weekday) = text.split_at(place);
        return Some((bracketed(weekday)?, day.trim_end()));
    }
    if let Some((weekday, day)) = text.split_once(' ') {
        let weekday = english(weekday.trim_end_matches(','));
        let is_day = day.starts_with(|c: char| c.is_ascii_digit()) || partial::has_month(day);
        if let (Some(weekday), true) = (weekday, is_day) {
            return Some((weekday, day));
        }
    }
    let place = text.rfind('日').filter(|_| text.ends_with("曜日"));
    let place = place.or_else(|| text.rfind('曜'))?;
    let before = text[..place].trim_end_matches('曜');
    let (start, _) = before.char_indices().next_back()?;
    let (day, weekday) = text.split_at(start);
    let day = day.trim_end();
    Some((japanese(weekday)?, day)).filter(|(_, day)| day.ends_with('日'))
}
