//! The text of a key without its marks.

/// Removes brackets, quotes and signs that mark a text as a key, whether or not they are in pairs:
/// `[HARBOR-12] Fix the crane`.
pub fn bare(text: &str) -> &str {
    let opens = |c: char| "#[(<{\"'`“‘「『【".contains(c) || c.is_whitespace();
    let closes = |c: char| "])>}\"'`”’」』】.,;:、。".contains(c) || c.is_whitespace();
    text.trim_start_matches(opens).trim_end_matches(closes)
}
