//! Converts Markdown to Backlog notation.
//!
//! 1. [`from_markdown`] parses the Markdown into events; link definitions that no link uses count
//!    as text.
//! 2. `writer` takes the events in one pass, without recursion.
//! 3. `inline` collects the text and the spans of one block.
//! 4. `page` writes the block as lines, in the lists and quotes around it.
//! 5. `escape` puts a backslash before text that Backlog would read as notation.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod escape;
mod inline;
mod page;
mod writer;

use std::{collections::HashSet, ops::Range};

use pulldown_cmark::{Event, Options, Parser, Tag, TextMergeWithOffset};

use crate::writer::Writer;

/// The text in Backlog notation that renders as `markdown` does.
///
/// Plain paragraphs stay as they are. Line ends become `\n`. Constructs without a counterpart in
/// Backlog notation keep their Markdown form. Time and memory grow linearly with the input.
///
/// ```
/// let text = backlog_notation::from_markdown("# Plan\n\n- **first**\n");
/// assert_eq!(text, "* Plan\n\n- ''first''\n");
/// ```
#[must_use]
pub fn from_markdown(markdown: &str) -> String {
    let mut writer = Writer::new(markdown, unused_definitions(markdown));
    let events = Parser::new_ext(markdown, options()).into_offset_iter();
    for (event, range) in TextMergeWithOffset::new(events) {
        writer.event(event, range);
    }
    writer.finish()
}

/// Only what models write; `[[page]]` and `$x$` stay text.
fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
}

/// Where `[label]: word` lines are that no link uses: a writer means them as text.
fn unused_definitions(markdown: &str) -> Vec<Range<usize>> {
    let mut events = Parser::new_ext(markdown, options()).into_offset_iter();
    if events.reference_definitions().iter().next().is_none() {
        return Vec::new();
    }
    let mut used = HashSet::new();
    while let Some((event, _)) = events.next() {
        if let Event::Start(Tag::Link { id, .. } | Tag::Image { id, .. }) = event
            && let Some(definition) = events.reference_definitions().get(&id)
        {
            used.insert(definition.span.start);
        }
    }
    let mut unused: Vec<Range<usize>> = events
        .reference_definitions()
        .iter()
        .map(|(_, definition)| definition.span.clone())
        .filter(|span| !used.contains(&span.start))
        .collect();
    unused.sort_unstable_by_key(|span| span.start);
    unused
}
