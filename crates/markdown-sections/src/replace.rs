//! The replacement of one passage.

use std::ops::Range;

use thiserror::Error;

use crate::nearest::{self, Line};

/// How many line numbers an error names.
const NAMED: usize = 20;

/// The reason why nothing was replaced.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReplaceError {
    /// The text to replace is empty.
    #[error("the text to replace is empty")]
    Empty,
    /// The text to replace does not occur.
    #[error("the text to replace does not occur{}", nearest_line(nearest.as_ref()))]
    NotFound {
        /// The line that is most similar to the first line of the text to replace.
        nearest: Option<Line>,
    },
    /// The text to replace occurs more than once.
    #[error(
        "the text to replace occurs {count} times, in lines {lines:?}; include more of the text around it"
    )]
    Several {
        /// How many times it occurs.
        count: usize,
        /// The lines of the first twenty, from 1.
        lines: Vec<usize>,
    },
}

fn nearest_line(nearest: Option<&Line>) -> String {
    match nearest {
        Some(Line { number, text }) => format!("; the nearest is line {number}: {text:?}"),
        None => String::new(),
    }
}

/// `text` with its only occurrence of `old` replaced by `new`.
///
/// The comparison is exact. Where `old` differs from the text by its line ends alone, it matches,
/// and `new` gets the line ends of the replaced passage.
pub fn replace_once(text: &str, old: &str, new: &str) -> Result<String, ReplaceError> {
    if old.is_empty() {
        return Err(ReplaceError::Empty);
    }
    let exact = only(text, old)?;
    if let Some(passage) = &exact
        && !splits_line_end(text, passage.start)
    {
        return Ok(replaced(text, passage, new));
    }
    let unified = Unified::new(text);
    let old_unified = old.replace("\r\n", "\n");
    let Some(passage) = only(&unified.text, &old_unified)? else {
        return match exact {
            Some(passage) => Ok(replaced(text, &passage, new)),
            None => Err(ReplaceError::NotFound {
                nearest: nearest::line(text, old),
            }),
        };
    };
    // A passage that ends before a line end does not split it.
    let passage = unified.original(passage.start)..unified.original(passage.end);
    let mut new = new.replace("\r\n", "\n");
    if text[passage.clone()].contains("\r\n") {
        new = new.replace('\n', "\r\n");
    }
    Ok(replaced(text, &passage, &new))
}

/// The `\r` of a `\r\n` is before the offset, its `\n` after it.
fn splits_line_end(text: &str, at: usize) -> bool {
    text[..at].ends_with('\r') && text[at..].starts_with('\n')
}

fn replaced(text: &str, passage: &Range<usize>, new: &str) -> String {
    [&text[..passage.start], new, &text[passage.end..]].concat()
}

/// The range of the only occurrence, if there is one; occurrences that overlap count.
fn only(text: &str, old: &str) -> Result<Option<Range<usize>>, ReplaceError> {
    let mut starts: Vec<usize> = text.match_indices(old).map(|(at, _)| at).collect();
    let Some(&first) = starts.first() else {
        return Ok(None);
    };
    if starts.len() == 1 {
        let step = text[first..].chars().next().map_or(1, char::len_utf8);
        let Some(second) = text[first + step..].find(old) else {
            return Ok(Some(first..first + old.len()));
        };
        starts.push(first + step + second);
    }
    Err(ReplaceError::Several {
        count: starts.len(),
        lines: lines_of(text, &starts),
    })
}

/// The lines in which the first passages start, each once.
fn lines_of(text: &str, starts: &[usize]) -> Vec<usize> {
    let mut lines = Vec::new();
    let mut number = 1;
    let mut at = 0;
    for &start in starts {
        number += text[at..start].matches('\n').count();
        at = start;
        if lines.last() != Some(&number) {
            lines.push(number);
        }
        if lines.len() == NAMED {
            break;
        }
    }
    lines
}

/// A text with `\n` for each `\r\n`, and the way back.
struct Unified {
    text: String,
    /// Where the line ends that lost a `\r` are in the unified text.
    ends: Vec<usize>,
}

impl Unified {
    fn new(text: &str) -> Self {
        let mut unified = String::with_capacity(text.len());
        let mut ends = Vec::new();
        for (index, part) in text.split("\r\n").enumerate() {
            if index > 0 {
                ends.push(unified.len());
                unified.push('\n');
            }
            unified.push_str(part);
        }
        Self {
            text: unified,
            ends,
        }
    }

    /// The offset in the original text.
    fn original(&self, at: usize) -> usize {
        at + self.ends.partition_point(|end| *end < at)
    }
}
