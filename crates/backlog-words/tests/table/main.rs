//! Inputs of every kind with their meanings. Now is Wednesday, 2 December 2026, 10:00 in Tokyo.

mod days;
mod names;
mod spans;
mod words;

use chrono::{DateTime, TimeZone};
use chrono_tz::{Asia::Tokyo, Tz};

/// Checks each input of a table against its meaning, and reports all that differ.
fn check(table: &[(&str, &str)], read: impl Fn(&str) -> String) {
    let wrong: Vec<_> = table
        .iter()
        .map(|(text, meaning)| (text, meaning, read(text)))
        .filter(|(_, meaning, found)| *meaning != found)
        .collect();
    assert!(wrong.is_empty(), "(text, expected, found): {wrong:#?}");
}

fn now() -> DateTime<Tz> {
    Tokyo.with_ymd_and_hms(2026, 12, 2, 10, 0, 0).unwrap()
}

fn text_of<T: ToString, E: ToString>(result: Result<T, E>) -> String {
    result.map_or_else(|error| error.to_string(), |value| value.to_string())
}
