//! Exposes two parsers of external text for the fuzz targets in `tests/fuzz`: through a whole call
//! they would be tested too rarely.

use backlog_words::day::Toward;
use chrono::{DateTime, Utc};

use crate::{arguments::reading, toolkit::file};

/// Parses the name of a file in a `Content-Disposition` header.
pub fn file_name(disposition: &[u8]) -> Option<String> {
    file::name::of(disposition).map(|found| found.name)
}

/// Parses a day, and returns it as `yyyy-MM-dd`.
///
/// # Errors
/// The text is not one day; the error says what was expected.
pub fn date(text: &str, now: &DateTime<Utc>) -> Result<String, String> {
    reading::day::read(text, now, Toward::Future)
}
