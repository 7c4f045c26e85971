//! Two parsers of foreign text that no public name reaches otherwise, for the fuzz targets in
//! `tests/fuzz`: through a whole call they would be tried too seldom.

use super::{file, reading};

/// The name of a file in a `Content-Disposition` header.
pub fn file_name(disposition: &[u8]) -> Option<String> {
    file::name::of(disposition).map(|found| found.name)
}

/// A date as `yyyy-MM-dd`.
///
/// # Errors
/// What was expected.
pub fn date(text: &str) -> Result<String, String> {
    reading::date::read(text)
}
