//! Fits a part of a page into a number of tokens.

use backlog_rendering::{Markdown, Part};
use serde_json::Value;

use super::tokens::tokens;

/// A token has at most about this many characters of a text.
const CHARS_OF_TOKEN: usize = 6;

/// The longest part from `offset` on that has about `max_tokens` in JSON.
pub(crate) fn fitting(page: &Markdown, offset: usize, max_tokens: usize) -> Part {
    let mut max_chars = max_tokens.saturating_mul(CHARS_OF_TOKEN);
    loop {
        let part = page.part(offset, max_chars);
        let counted = tokens(&Value::from(part.text.as_str()).to_string());
        if counted <= max_tokens || max_chars <= 1 {
            return part;
        }
        // A part that is hardly too long is shortened by a fifteenth, so that this ends soon.
        let shorter = max_chars.saturating_mul(max_tokens) / counted;
        max_chars = shorter.min(max_chars - max_chars.div_ceil(15)).max(1);
    }
}
