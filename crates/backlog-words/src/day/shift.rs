//! Reads by how much a day is moved: `+1 week`, `-3 days`, `1週間延長`.

use chrono::NaiveDate;

use super::{DayError, count, written::out};
use crate::{
    calendar::Unit,
    text::{plain, unquoted},
};

/// Words before an amount, with its sign.
const BEFORE: [(&str, i64); 7] = [
    ("extend by ", 1),
    ("postpone by ", 1),
    ("delay by ", 1),
    ("push back by ", 1),
    ("move back by ", 1),
    ("bring forward by ", -1),
    ("move forward by ", -1),
];
/// Words after an amount, with its sign.
const BEHIND: [(&str, i64); 8] = [
    ("延長", 1),
    ("延期", 1),
    ("延ばす", 1),
    ("後ろ倒し", 1),
    ("先送り", 1),
    ("前倒し", -1),
    ("早める", -1),
    ("短縮", -1),
];

/// A number of units by which a day is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shift {
    count: i64,
    unit: Unit,
}

impl Shift {
    /// Reads an amount with a sign, or with a word that means one; `None` for any other text, such
    /// as `in 3 days` and `1週間後`, which count from today.
    pub fn read(text: &str) -> Option<Self> {
        let plain = plain(text)?;
        let (count, unit) = amount(unquoted(&plain))?;
        Some(Self { count, unit })
    }

    /// The day that is so far from another.
    ///
    /// # Errors
    /// Its year does not have four digits.
    pub fn from(self, day: NaiveDate) -> Result<NaiveDate, DayError> {
        let moved = self.unit.after(day, self.count);
        moved.ok_or_else(|| out(&day.to_string()))
    }
}

fn amount(text: &str) -> Option<(i64, Unit)> {
    let before = || {
        let mut words = BEFORE.iter();
        words.find_map(|(word, sign)| Some((*sign, text.strip_prefix(word)?)))
    };
    let behind = || {
        let mut words = BEHIND.iter();
        words.find_map(|(word, sign)| Some((*sign, text.strip_suffix(word)?)))
    };
    let of_words = || {
        let (sign, rest) = before().or_else(behind)?;
        let (number, unit) = unsigned(rest)?;
        Some((sign * number, unit))
    };
    signed(text).or_else(of_words)
}

/// Reads `+3d`, `-2 weeks`, `+1週間`.
pub(super) fn signed(text: &str) -> Option<(i64, Unit)> {
    let (sign, rest) = match text.strip_prefix('+') {
        Some(rest) => (1, rest),
        None => (-1, text.strip_prefix(['-', '\u{2212}'])?),
    };
    let (number, unit) = unsigned(rest)?;
    Some((sign * number, unit))
}

/// Reads `3d`, `2 weeks`, `a week`, `1週間`.
fn unsigned(text: &str) -> Option<(i64, Unit)> {
    let text = text.trim();
    if let Some(found) = count::japanese(text.trim_end_matches(['の', 'だ', 'け'])) {
        return Some(found);
    }
    let end = match text.find(|c: char| !c.is_ascii_digit())? {
        0 => text.find(' ')?,
        end => end,
    };
    let (number, unit) = text.split_at(end);
    Some((count::english(number)?, count::english_unit(unit.trim())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_with_a_sign_moves_a_day() {
        for (text, expected) in [
            ("+1 week", Some("2026-11-27")),
            ("+3 days", Some("2026-11-23")),
            ("＋3日", Some("2026-11-23")),
            ("+ 1w", Some("2026-11-27")),
            ("-3d", Some("2026-11-17")),
            ("\u{2212}2 weeks", Some("2026-11-06")),
            ("+1 month", Some("2026-12-20")),
            ("1週間延長", Some("2026-11-27")),
            ("2日 前倒し", Some("2026-11-18")),
            ("一週間延期", Some("2026-11-27")),
            ("extend by a week", Some("2026-11-27")),
            ("Postpone by 3 days", Some("2026-11-23")),
            ("in 3 days", None),
            ("1週間後", None),
            ("3 days later", None),
            ("2026-12-18", None),
            ("-2026-12-18", None),
            ("+", None),
            ("延長", None),
            ("tomorrow", None),
        ] {
            let day = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
            let moved = Shift::read(text).map(|shift| shift.from(day).unwrap().to_string());
            assert_eq!(moved.as_deref(), expected, "{text}");
        }
        let far = Shift::read("+999999 years").unwrap();
        assert!(
            far.from(NaiveDate::from_ymd_opt(2026, 11, 20).unwrap())
                .is_err()
        );
    }
}
