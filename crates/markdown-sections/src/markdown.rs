//! The headings of Markdown.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::scanned::{Found, next_line};

/// The ATX and setext headings that no other block contains.
pub(crate) fn headings(text: &str) -> Vec<Found> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES;
    let mut found: Vec<Found> = Vec::new();
    let mut containers = 0usize;
    let mut in_heading = false;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level, .. }) if containers == 0 => {
                in_heading = true;
                let start = text[..range.start]
                    .rfind(['\n', '\r'])
                    .map_or(0, |at| at + 1);
                // The last line end can be outside of the range, depending on the kind.
                let last = text[range.clone()]
                    .trim_end_matches(['\n', '\r', ' ', '\t'])
                    .len();
                found.push(Found {
                    level: level as u8,
                    title: String::new(),
                    lines: start..next_line(text, range.start + last),
                });
            }
            Event::End(TagEnd::Heading(_)) => {
                in_heading = false;
                if let Some(heading) = found.last_mut() {
                    heading.title.truncate(heading.title.trim_end().len());
                }
            }
            Event::Start(Tag::BlockQuote(_) | Tag::Item | Tag::FootnoteDefinition(_)) => {
                containers += 1;
            }
            Event::End(TagEnd::BlockQuote(_) | TagEnd::Item | TagEnd::FootnoteDefinition) => {
                containers = containers.saturating_sub(1);
            }
            Event::Text(part) | Event::Code(part) if in_heading => push(&mut found, &part),
            Event::SoftBreak | Event::HardBreak if in_heading => push(&mut found, " "),
            _ => {}
        }
    }
    found
}

fn push(found: &mut [Found], part: &str) {
    if let Some(heading) = found.last_mut() {
        heading.title.push_str(part);
    }
}
