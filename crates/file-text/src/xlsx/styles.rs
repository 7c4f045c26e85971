//! The styles of a workbook: which numbers are dates or times.

use std::{collections::HashMap, io::BufRead};

use chrono::{Days, NaiveDate, NaiveTime};

use crate::{
    error::ExtractError,
    xml::{Node, Xml},
};

/// Excel has at most 65,490 formats of cells.
const MAX_FORMATS: usize = 65_536;

const SECONDS_PER_DAY: f64 = 86_400.0;

/// How a number is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Number,
    Percent,
    Date,
    Time,
}

/// The formats by the index that cells have.
#[derive(Default)]
pub(super) struct Styles {
    formats: Vec<Format>,
}

impl Styles {
    pub(super) fn read(mut xml: Xml<impl BufRead>) -> Result<Self, ExtractError> {
        let mut custom = HashMap::new();
        let mut styles = Self::default();
        let mut is_in_formats = false;
        loop {
            match xml.next()? {
                Node::Start(element) => match element.local() {
                    "numFmt" if custom.len() < MAX_FORMATS => {
                        let code = element.attribute("formatCode").unwrap_or_default();
                        if let Some(id) = element.number::<u32>("numFmtId") {
                            custom.insert(id, of_code(&code));
                        }
                    }
                    "cellXfs" => is_in_formats = true,
                    "xf" if is_in_formats && styles.formats.len() < MAX_FORMATS => {
                        let id = element.number("numFmtId").unwrap_or(0);
                        let known = custom.get(&id).copied();
                        styles.formats.push(known.unwrap_or_else(|| built_in(id)));
                    }
                    _ => {}
                },
                Node::End(name) if name.local() == "cellXfs" => is_in_formats = false,
                Node::Eof => return Ok(styles),
                _ => {}
            }
        }
    }

    pub(super) fn format(&self, style: Option<usize>) -> Format {
        let format = self.formats.get(style.unwrap_or(0));
        format.copied().unwrap_or(Format::Number)
    }
}

/// The formats without a code (ECMA-376, part 1, 18.8.30), with those of Japanese Excel.
fn built_in(id: u32) -> Format {
    match id {
        9 | 10 => Format::Percent,
        14..=17 | 22 | 27..=31 | 34..=36 | 50..=58 => Format::Date,
        18..=21 | 32 | 33 | 45..=47 => Format::Time,
        _ => Format::Number,
    }
}

/// The format of a code such as `yyyy"年"m"月"d"日";@`.
fn of_code(code: &str) -> Format {
    let mut letters = String::new();
    let mut characters = code.chars();
    while let Some(character) = characters.next() {
        match character {
            // Only the part for positive numbers counts.
            ';' => break,
            '"' => {
                characters.by_ref().find(|it| *it == '"');
            }
            '\\' | '_' | '*' => {
                characters.next();
            }
            '[' => {
                let inside: String = characters.by_ref().take_while(|it| *it != ']').collect();
                // Elapsed time is in brackets, as are colors and locales.
                if matches!(inside.as_str(), "h" | "hh" | "m" | "mm" | "s" | "ss") {
                    letters.push('h');
                }
            }
            other => letters.push(other.to_ascii_lowercase()),
        }
    }
    let has = |wanted: &[char]| letters.contains(wanted);
    if letters.contains("general") {
        Format::Number
    } else if has(&['y', 'd', 'e', 'g']) && !has(&['0', '#']) {
        Format::Date
    } else if has(&['h', 's']) && !has(&['#']) {
        Format::Time
    } else if has(&['m']) && !has(&['0', '#']) {
        Format::Date
    } else if has(&['%']) {
        Format::Percent
    } else {
        Format::Number
    }
}

/// Shows a value in its format. A value that is not a date of Excel stays a number.
pub(super) fn shown(value: &str, format: Format, from_1904: bool) -> String {
    let number: Option<f64> = value.trim().parse().ok();
    let Some(number) = number.filter(|it| it.is_finite()) else {
        return value.to_owned();
    };
    let dated = match format {
        Format::Number => Some(plain(value, number)),
        Format::Percent => Some(format!("{}%", plain("", number * 100.0))),
        Format::Date => date(number, from_1904),
        Format::Time => time(number, from_1904),
    };
    dated.unwrap_or_else(|| value.to_owned())
}

/// A number without the noise of its binary form, such as 0.30000000000000004. Excel itself keeps
/// 15 digits.
fn plain(value: &str, number: f64) -> String {
    if !value.is_empty() && value.len() <= 15 {
        return value.to_owned();
    }
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    rounded.to_string()
}

fn date(number: f64, from_1904: bool) -> Option<String> {
    let (days, time) = split(number)?;
    // Excel believes that 1900 was a leap year, so its first 60 days are off by one.
    let (start, days) = match (from_1904, days) {
        (true, days) => (NaiveDate::from_ymd_opt(1904, 1, 1)?, days),
        (false, days @ 0..60) => (NaiveDate::from_ymd_opt(1899, 12, 31)?, days),
        (false, days) => (NaiveDate::from_ymd_opt(1899, 12, 30)?, days),
    };
    let date = start.checked_add_days(Days::new(days))?;
    Some(if time == NaiveTime::MIN {
        date.to_string()
    } else {
        format!("{date} {time}")
    })
}

fn time(number: f64, from_1904: bool) -> Option<String> {
    match split(number)? {
        (0, time) => Some(time.to_string()),
        _ => date(number, from_1904),
    }
}

/// The days and the time of day.
fn split(number: f64) -> Option<(u64, NaiveTime)> {
    // The last day is in the year 9999.
    if !(0.0..2_958_466.0).contains(&number) {
        return None;
    }
    let seconds = (number * SECONDS_PER_DAY).round();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked above"
    )]
    let seconds = seconds as u64;
    let of_day = u32::try_from(seconds % 86_400).ok()?;
    let time = NaiveTime::from_num_seconds_from_midnight_opt(of_day, 0)?;
    Some((seconds / 86_400, time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_dates_and_times_are_recognized() {
        for (code, expected) in [
            ("General", Format::Number),
            ("0.00", Format::Number),
            ("#,##0\"円\"", Format::Number),
            ("#,##0 \"days\"", Format::Number),
            ("0%", Format::Percent),
            ("[Red]0.0", Format::Number),
            ("yyyy\"年\"m\"月\"d\"日\";@", Format::Date),
            ("[$-411]ggge\"年\"m\"月\"", Format::Date),
            ("m/d", Format::Date),
            ("mmm", Format::Date),
            ("h:mm", Format::Time),
            ("[h]:mm", Format::Time),
            ("mm:ss.0", Format::Time),
            ("0.00E+00", Format::Number),
        ] {
            assert_eq!(of_code(code), expected, "{code}");
        }
    }

    #[test]
    fn numbers_are_shown_in_their_format() {
        for (value, format, expected) in [
            ("46022", Format::Date, "2025-12-31"),
            ("46022.5", Format::Date, "2025-12-31 12:00:00"),
            ("1", Format::Date, "1900-01-01"),
            ("59", Format::Date, "1900-02-28"),
            ("61", Format::Date, "1900-03-01"),
            ("-1", Format::Date, "-1"),
            ("1e300", Format::Date, "1e300"),
            ("NaN", Format::Date, "NaN"),
            ("0.75", Format::Time, "18:00:00"),
            ("0.125", Format::Percent, "12.5%"),
            ("0.30000000000000004", Format::Number, "0.3"),
            ("12345678901", Format::Number, "12345678901"),
            ("text", Format::Number, "text"),
        ] {
            assert_eq!(shown(value, format, false), expected, "{value}");
        }
        assert_eq!(shown("0", Format::Date, true), "1904-01-01");
    }
}
