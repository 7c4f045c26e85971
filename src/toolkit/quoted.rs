//! Quotes a text of a call for an error.

/// The number of characters of a name that an error repeats.
const MAX_QUOTED: usize = 200;

/// Quotes a name for an error, truncated if it is long.
pub(crate) fn quoted(text: &str) -> String {
    match text.char_indices().nth(MAX_QUOTED) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?} …", &text[..end]),
    }
}
