//! Headings and the ranges of their sections.

use crate::{backlog, markdown, scanned::Found};

/// The notation of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// Markdown: `#` headings, and lines that `===` or `---` underlines.
    Markdown,
    /// Backlog notation: lines that start with `*`.
    Backlog,
}

/// A place in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offset {
    /// The bytes before the place.
    pub byte: usize,
    /// The characters (Unicode scalar values) before the place.
    pub character: usize,
}

/// A heading and its section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// 1 for the highest level, 6 for the lowest.
    pub level: u8,
    /// The title without markup.
    pub title: String,
    /// Where the line of the heading starts.
    pub start: Offset,
    /// Where the line after the heading starts.
    pub body_start: Offset,
    /// Where the next heading of the same or a higher level starts, or the end of the text.
    pub end: Offset,
}

/// The headings of `text` in their order; a section contains its subsections.
///
/// Headings in code, quotes and list items are content, not headings.
///
/// ```
/// use markdown_sections::{Notation, outline};
///
/// let headings = outline("# Plan\none\n## Later\ntwo\n", Notation::Markdown);
/// assert_eq!(headings[1].title, "Later");
/// assert_eq!(headings[0].end.byte, 24);
/// ```
pub fn outline(text: &str, notation: Notation) -> Vec<Heading> {
    let found = match notation {
        Notation::Markdown => markdown::headings(text),
        Notation::Backlog => backlog::headings(text),
    };
    let mut headings: Vec<Heading> = Vec::with_capacity(found.len());
    let mut open: Vec<usize> = Vec::new();
    let mut counter = Counter {
        text,
        at: Offset::default(),
    };
    for Found {
        level,
        title,
        lines,
    } in found
    {
        let start = counter.forward(lines.start);
        let body_start = counter.forward(lines.end);
        while let Some(last) = open.pop_if(|last| headings[*last].level >= level) {
            headings[last].end = start;
        }
        open.push(headings.len());
        headings.push(Heading {
            level,
            title,
            start,
            body_start,
            end: body_start,
        });
    }
    let end = counter.forward(text.len());
    for last in open {
        headings[last].end = end;
    }
    headings
}

/// Counts characters once, from front to back.
struct Counter<'a> {
    text: &'a str,
    at: Offset,
}

impl Counter<'_> {
    fn forward(&mut self, byte: usize) -> Offset {
        let between = self.text.get(self.at.byte..byte).unwrap_or_default();
        self.at.character += between.chars().count();
        self.at.byte += between.len();
        self.at
    }
}
