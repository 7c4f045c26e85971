//! Reads days counted from today: `tomorrow`, `in 3 days`, `2週間前`.

use chrono::NaiveDate;

use super::{
    count,
    count::{english, english_unit},
    shift,
    written::{Found, fixed},
};
use crate::calendar::Unit;

/// Words for days, with their distance from today.
const WORDS: [(i64, &[&str]); 6] = [
    (0, &["today", "今日", "本日", "きょう"]),
    (1, &["tomorrow", "tmrw", "明日", "あした", "あす"]),
    (-1, &["yesterday", "昨日", "きのう"]),
    (
        2,
        &[
            "day after tomorrow",
            "the day after tomorrow",
            "明後日",
            "あさって",
        ],
    ),
    (
        -2,
        &[
            "day before yesterday",
            "the day before yesterday",
            "一昨日",
            "おととい",
        ],
    ),
    (3, &["明明後日", "明々後日", "しあさって"]),
];

pub(super) fn parse(text: &str, today: NaiveDate) -> Found {
    let (count, unit) = word(text)
        .or_else(|| shift::signed(text))
        .or_else(|| phrase(text))
        .or_else(|| japanese(text))?;
    Some(fixed(text, unit.after(today, count)))
}

fn word(text: &str) -> Option<(i64, Unit)> {
    let mut words = WORDS.iter();
    let (count, _) = words.find(|(_, words)| words.contains(&text))?;
    Some((*count, Unit::Day))
}

/// Reads `in 3 days`, `3 days ago`, `a week from now`.
fn phrase(text: &str) -> Option<(i64, Unit)> {
    let words: Vec<_> = text.split(' ').collect();
    let (sign, number, unit) = match *words.as_slice() {
        ["in", number, unit]
        | [number, unit, "later"]
        | [number, unit, "from", "now" | "today"] => (1, number, unit),
        [number, unit, "ago"] => (-1, number, unit),
        _ => return None,
    };
    Some((sign * english(number)?, english_unit(unit)?))
}

/// Reads `3日後`, `2週間前`.
fn japanese(text: &str) -> Option<(i64, Unit)> {
    let (sign, rest) = match text.strip_suffix('後') {
        Some(rest) => (1, rest),
        None => (-1, text.strip_suffix('前')?),
    };
    let (number, unit) = count::japanese(rest.trim_end_matches('の').trim())?;
    Some((sign * number, unit))
}
