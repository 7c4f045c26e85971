//! What the scanners of both notations return.

use std::ops::Range;

/// A heading as a scanner finds it.
pub(crate) struct Found {
    pub(crate) level: u8,
    pub(crate) title: String,
    /// The lines of the heading with their line end.
    pub(crate) lines: Range<usize>,
}

/// The start of the line after the one that contains `offset`.
pub(crate) fn next_line(text: &str, offset: usize) -> usize {
    let rest = text.get(offset..).unwrap_or_default();
    match rest.find(['\n', '\r']) {
        Some(at) if rest[at..].starts_with("\r\n") => offset + at + 2,
        Some(at) => offset + at + 1,
        None => text.len(),
    }
}
