//! The headings of Backlog notation.
//!
//! A line that starts with `*` is a heading, unless it is inside `{code}` or `{quote}`.

use crate::scanned::{Found, next_line};

/// HTML has no lower heading.
const LOWEST_LEVEL: usize = 6;

/// A pair of macros; a macro without its end is text.
struct Block {
    opening: &'static [&'static str],
    closing: &'static str,
    /// No end is left in the rest of the text. It bounds the search to one pass.
    exhausted: bool,
}

/// The headings outside of code and quotes.
pub(crate) fn headings(text: &str) -> Vec<Found> {
    let mut blocks = [
        Block {
            opening: &["{code}", "{code:"],
            closing: "{/code}",
            exhausted: false,
        },
        Block {
            opening: &["{quote}"],
            closing: "{/quote}",
            exhausted: false,
        },
    ];
    let mut found = Vec::new();
    let mut at = 0;
    let mut end = 0;
    let mut line_start = true;
    while at < text.len() {
        // Many blocks in one line share one search for its end.
        if at >= end {
            end = next_line(text, at);
        }
        if line_start {
            found.extend(heading(text, at, end));
        }
        let after = block_end(text, at..end, &mut blocks);
        line_start = after.is_none();
        at = after.unwrap_or(end);
    }
    found
}

fn heading(text: &str, start: usize, end: usize) -> Option<Found> {
    let line = &text[start..end];
    let level = line.len() - line.trim_start_matches('*').len();
    let title = title(line[level..].trim());
    (level > 0 && !title.is_empty()).then(|| Found {
        level: u8::try_from(level.min(LOWEST_LEVEL)).unwrap_or(u8::MAX),
        title,
        lines: start..end,
    })
}

/// Where the first code or quote that starts in the range ends.
fn block_end(text: &str, line: std::ops::Range<usize>, blocks: &mut [Block; 2]) -> Option<usize> {
    let mut from = line.start;
    while let Some(brace) = text[from..line.end].find('{').map(|at| from + at) {
        from = brace + 1;
        if text[..brace].ends_with('\\') {
            continue;
        }
        for block in blocks.iter_mut().filter(|block| !block.exhausted) {
            let rest = &text[brace..];
            if !block
                .opening
                .iter()
                .any(|opening| rest.starts_with(opening))
            {
                continue;
            }
            match rest.find(block.closing) {
                Some(at) => return Some(brace + at + block.closing.len()),
                None => block.exhausted = true,
            }
        }
    }
    None
}

/// The text of a heading without bold, italic and struck marks, and links as their label.
fn title(text: &str) -> String {
    let mut title = String::with_capacity(text.len());
    let mut rest = text;
    // Without an end in the rest, brackets are text; the last end bounds the search.
    let last_end = text.rfind("]]").unwrap_or(0);
    while let Some(character) = rest.chars().next() {
        let at = text.len() - rest.len();
        let unmarked = match character {
            '\'' | '%' => rest.trim_start_matches(character),
            _ => rest,
        };
        if character == '\\' {
            rest = &rest[1..];
            if let Some(escaped) = rest.chars().next() {
                if !escaped.is_ascii_punctuation() {
                    title.push('\\');
                }
                title.push(escaped);
                rest = &rest[escaped.len_utf8()..];
            } else {
                title.push('\\');
            }
        } else if rest.len() - unmarked.len() > 1 {
            rest = unmarked;
        } else if rest.starts_with("[[")
            && at < last_end
            && let Some((link, after)) = rest[2..].split_once("]]")
        {
            let label = link.find(['>', ':']).map_or(link, |end| &link[..end]);
            // An address on its own has a colon too.
            let address = link[label.len()..].starts_with("://");
            title.push_str(if address { link } else { label });
            rest = after;
        } else {
            title.push(character);
            rest = &rest[character.len_utf8()..];
        }
    }
    title.truncate(title.trim_end().len());
    title
}
