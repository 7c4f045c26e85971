//! Reads dates in the forms that Backlog and users write.

use chrono::NaiveDate;

use super::text::{clean, quoted};

/// The year before the first year of the current Japanese era.
const REIWA: i32 = 2018;
/// An earlier year is taken for a truncated number.
const FIRST_YEAR: i32 = 1000;

/// Reads a date, and returns it as `yyyy-MM-dd`.
///
/// | text | day |
/// |---|---|
/// | `2026-10-20`, `2026/10/20`, `2026.10.20`, `20261020`, `2026-1-2`, `２０２６－１０－２０` | that day |
/// | `2026年10月20日`, `令和8年10月20日` | that day |
/// | `2026-10-20T00:00:00Z` | that day: one form in Backlog's responses |
/// | `2026-10-19T15:00:00Z` | the 20th: midnight in Japan, Backlog's other form |
/// | `2026-10-20T09:00:00+09:00` | the day there |
///
/// # Errors
/// The text is not a date, or the date does not exist.
pub(crate) fn read(text: &str) -> Result<String, String> {
    let expected = || {
        let remark = match text.chars().any(char::is_alphabetic) {
            true => " (words such as today are not supported)",
            false => "",
        };
        format!(
            "expected a date as yyyy-MM-dd, received string {}{remark}",
            quoted(text)
        )
    };
    let plain = clean(text).ok_or_else(expected)?;
    let (day, time) = match plain.find(['T', 't', ' ']) {
        Some(end) => (&plain[..end], Some(&plain[end + 1..])),
        None => (plain.as_str(), None),
    };
    let [year, month, date] = numbers(day).ok_or_else(expected)?;
    let found = NaiveDate::from_ymd_opt(year, month.unsigned_abs(), date.unsigned_abs());
    let found = found.ok_or_else(|| impossible(year, month, date).unwrap_or_else(expected))?;
    let found = match time.map(|time| shift(time.trim())) {
        None | Some(Some(0)) => Some(found),
        Some(Some(_)) => found.succ_opt(),
        Some(None) => {
            return Err(format!(
                "expected a date as yyyy-MM-dd, received string {}: a time, which is not the \
                 same day everywhere",
                quoted(text)
            ));
        }
    };
    let found = found.filter(|day| day.format("%Y-%m-%d").to_string().len() == 10);
    Ok(found.ok_or_else(expected)?.format("%Y-%m-%d").to_string())
}

/// Splits a date into year, month and day.
fn numbers(day: &str) -> Option<[i32; 3]> {
    if day.len() == 8 && day.bytes().all(|byte| byte.is_ascii_digit()) {
        let parts = [&day[..4], &day[4..6], &day[6..]];
        return all(parts.into_iter()).filter(|parts| parts[0] >= FIRST_YEAR);
    }
    let day = day.strip_suffix('日').unwrap_or(day);
    let era = day.strip_prefix("令和");
    let mut parts = all(era.unwrap_or(day).splitn(3, ['-', '/', '.', '年', '月']))?;
    match era {
        Some(_) => parts[0] += REIWA,
        None if parts[0] < FIRST_YEAR => return None,
        None => {}
    }
    Some(parts)
}

fn all<'a>(parts: impl Iterator<Item = &'a str>) -> Option<[i32; 3]> {
    let number = |part: &str| {
        let is_number = (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        part.parse().ok().filter(|_| is_number)
    };
    let parts: Option<Vec<i32>> = parts.map(number).collect();
    parts?.try_into().ok()
}

/// The number of days to add to the written one; `None` if that depends on the time zone.
fn shift(time: &str) -> Option<i32> {
    let time = time.to_ascii_uppercase();
    if let Some(utc) = time.strip_suffix('Z') {
        let utc = utc.split_once('.').map_or(utc, |(seconds, _)| seconds);
        return match utc {
            "00:00:00" | "00:00" => Some(0),
            "15:00:00" | "15:00" => Some(1),
            _ => None,
        };
    }
    let is_time = |text: &str| {
        let sign = |b: u8| b.is_ascii_digit() || b == b':' || b == b'.';
        text.len() >= 4 && text.bytes().all(sign)
    };
    let (clock, zone) = time.split_at(time.find(['+', '-'])?);
    (is_time(clock) && is_time(&zone[1..])).then_some(0)
}

/// `there is no 31 February 2026`
fn impossible(year: i32, month: i32, day: i32) -> Option<String> {
    let months = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let Some(name) = months.get(usize::try_from(month - 1).ok()?) else {
        return Some(format!(
            "expected a date as yyyy-MM-dd; there is no month {month}"
        ));
    };
    Some(format!(
        "expected a date as yyyy-MM-dd; there is no {day} {name} {year}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_day_has_many_forms() {
        for text in [
            "2026-10-20",
            "2026/10/20",
            "2026.10.20",
            "20261020",
            "２０２６－１０－２０",
            "２０２６/１０/２０",
            "2026年10月20日",
            "令和8年10月20日",
            " 2026-10-20\n",
            "2026-10-20T00:00:00Z",
            "2026-10-20T00:00:00.000Z",
            "2026-10-19T15:00:00Z",
            "2026-10-20T09:00:00+09:00",
            "2026-10-20T23:59:59-08:00",
        ] {
            assert_eq!(read(text).as_deref(), Ok("2026-10-20"), "{text}");
        }
        assert_eq!(read("2026-1-2").as_deref(), Ok("2026-01-02"));
        assert_eq!(read("2026-12-31T15:00:00Z").as_deref(), Ok("2027-01-01"));
    }

    #[test]
    fn an_invalid_date_is_reported() {
        for (text, expected) in [
            ("2026-02-31", "there is no 31 February 2026"),
            ("2026/02/29", "there is no 29 February 2026"),
            ("2026-13-01", "there is no month 13"),
            (
                "10/20",
                "expected a date as yyyy-MM-dd, received string \"10/20\"",
            ),
            ("20", "expected a date as yyyy-MM-dd"),
            ("10/20/2026", "expected a date as yyyy-MM-dd"),
            ("next week", "words such as today are not supported"),
            (
                "2026-10-19T18:22:11Z",
                "a time, which is not the same day everywhere",
            ),
            ("", "expected a date as yyyy-MM-dd"),
            ("-2026-10-20", "expected a date as yyyy-MM-dd"),
            ("2026-10-20T", "a time"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
        let error = read(&"1".repeat(100_000)).unwrap_err();
        assert!(
            error.len() < 500 && error.contains("100000 characters"),
            "{error}"
        );
    }
}
