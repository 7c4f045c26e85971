//! Additions to the end of a section.

use crate::heading::Heading;

/// `text` with `addition` after the last line with content of the section of `heading`.
///
/// A blank line separates the addition, except that an item continues a list and a row a table.
/// The addition gets the line ends of the text. Every other byte stays, and a text without a line
/// end at its end still has none.
///
/// ```
/// use markdown_sections::{Notation, append, find, outline};
///
/// let text = "# Log\n- one\n\n# Rest\n";
/// let headings = outline(text, Notation::Markdown);
/// let log = find(&headings, "log").unwrap();
/// assert_eq!(append(text, log, "- two"), "# Log\n- one\n- two\n\n# Rest\n");
/// ```
#[must_use]
pub fn append(text: &str, heading: &Heading, addition: &str) -> String {
    let addition = addition.trim_matches(['\n', '\r']);
    if addition.trim().is_empty() {
        return text.to_owned();
    }
    let eol = line_end(text);
    let end = text.floor_char_boundary(heading.end.byte);
    let start = text.floor_char_boundary(heading.start.byte).min(end);
    let at = content_end(text, start, end);
    let (before, rest) = text.split_at(at);
    let continues = at > text.floor_char_boundary(heading.body_start.byte)
        && last_line(before).is_some_and(|last| continues(last, addition));
    let mut out = String::with_capacity(text.len() + addition.len() + 3 * eol.len());
    out.push_str(before);
    if !out.is_empty() {
        out.push_str(eol);
        if !continues {
            out.push_str(eol);
        }
    }
    for (index, line) in addition.lines().enumerate() {
        if index > 0 {
            out.push_str(eol);
        }
        out.push_str(line);
    }
    // A heading that `===` underlines would take the addition in.
    let is_last = end == text.len();
    if !is_last && line_ends(&rest[..end - at]) < 2 {
        out.push_str(eol);
    }
    out.push_str(rest);
    out
}

/// The line end that a text uses first.
pub(crate) fn line_end(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// The end of the last line with content, before its line end.
fn content_end(text: &str, start: usize, end: usize) -> usize {
    let content = start + text[start..end].trim_end().len();
    text[content..end]
        .find(['\n', '\r'])
        .map_or(end, |at| content + at)
}

fn last_line(text: &str) -> Option<&str> {
    text.rsplit(['\n', '\r']).next()
}

fn line_ends(text: &str) -> usize {
    text.matches('\n').count().max(text.matches('\r').count())
}

/// Both lines are of one list or one table, which a blank line would split.
fn continues(last: &str, addition: &str) -> bool {
    match (block(last), block(addition)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

#[derive(PartialEq, Eq)]
enum Block {
    Item,
    Row,
}

fn block(line: &str) -> Option<Block> {
    let line = line.trim_start_matches([' ', '\t']);
    if line.starts_with('|') {
        return Some(Block::Row);
    }
    let unmarked = line.trim_start_matches(|character: char| character.is_ascii_digit());
    let item = if unmarked.len() < line.len() {
        unmarked.starts_with(". ") || unmarked.starts_with(") ")
    } else {
        let text = line.trim_start_matches(['-', '+']);
        text.len() < line.len() && text.starts_with(' ') || line.starts_with("* ")
    };
    item.then_some(Block::Item)
}
