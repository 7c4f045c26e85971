//! The events of a text, as blocks of Backlog notation.
//!
//! 1. The inline buffer collects the text events of the block at hand.
//! 2. The end of a block, or the start of the next one, writes that buffer to the page.

use std::{mem, ops::Range, vec};

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, LinkType, Tag, TagEnd};

use crate::{
    escape::{self, Around, Place},
    inline::{Inline, Mark},
    page::Page,
};

/// Writes one text.
pub(crate) struct Writer<'a> {
    source: &'a str,
    definitions: vec::IntoIter<Range<usize>>,
    page: Page<'a>,
    inline: Inline,
    /// Where the block at hand starts in the source.
    start: usize,
    heading: Option<HeadingLevel>,
    /// The language and the lines of the code block at hand.
    code: Option<(String, String)>,
    /// The row of the table at hand.
    row: String,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(source: &'a str, definitions: Vec<Range<usize>>) -> Self {
        Self {
            source,
            definitions: definitions.into_iter(),
            page: Page::new(source),
            inline: Inline::default(),
            start: 0,
            heading: None,
            code: None,
            row: String::new(),
        }
    }

    pub(crate) fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.open(tag, range),
            Event::End(tag) => self.close(tag),
            Event::Text(text) => self.text(&text, &range),
            Event::Code(code) => self.inline_at(range.start).code(&code),
            Event::Html(html) | Event::InlineHtml(html) => self.html(&html, range.start),
            Event::SoftBreak => self.inline_at(range.start).soft_break(),
            Event::HardBreak => self.inline_at(range.start).hard_break(),
            Event::TaskListMarker(done) => {
                let mark = if done { "[x] " } else { "[ ] " };
                self.inline_at(range.start).raw(mark);
            }
            Event::FootnoteReference(name) => {
                self.inline_at(range.start).raw(&format!("[^{name}]"));
            }
            // `---` would be a list item; `___` is plain text in Backlog and a rule in Markdown.
            Event::Rule => {
                self.flush_inline();
                self.page.block(range.start, "___");
            }
            Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.inline_at(range.start).text(&text);
            }
        }
    }

    /// The whole text.
    pub(crate) fn finish(mut self) -> String {
        self.flush_inline();
        self.write_definitions(self.source.len());
        self.page.finish()
    }

    fn open(&mut self, tag: Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Emphasis => self.inline_at(range.start).open(Mark::Italic),
            Tag::Strong => self.inline_at(range.start).open(Mark::Bold),
            Tag::Strikethrough => self.open_strike(&range),
            Tag::Link {
                link_type,
                dest_url,
                ..
            } => {
                let autolink = matches!(link_type, LinkType::Autolink | LinkType::Email);
                self.inline_at(range.start).open_link(&dest_url, autolink);
            }
            Tag::Image { dest_url, .. } => self.inline_at(range.start).open_image(&dest_url),
            tag => self.open_block(tag, range),
        }
    }

    /// `5~10` and `3~5` in one paragraph are ranges; only `~~` strikes out.
    fn open_strike(&mut self, range: &Range<usize>) {
        let double = self.source[range.clone()].starts_with("~~");
        let inline = self.inline_at(range.start);
        if double {
            inline.open(Mark::Strike);
        } else {
            inline.open_literal("~");
        }
    }

    fn open_block(&mut self, tag: Tag<'_>, range: Range<usize>) {
        // The text before a paragraph is the label of its footnote.
        if tag != Tag::Paragraph {
            self.flush_inline();
        }
        if self.page.is_at_top() {
            self.write_definitions(range.start);
        }
        match tag {
            Tag::Heading { level, .. } if !self.page.is_in_list() => self.heading = Some(level),
            Tag::BlockQuote(_) => self.page.open_quote(range.start),
            Tag::List(first) => self.page.open_list(first.is_some()),
            Tag::Item => self.page.open_item(),
            Tag::CodeBlock(kind) => {
                let language = match &kind {
                    CodeBlockKind::Fenced(info) => escape::language(info).unwrap_or_default(),
                    CodeBlockKind::Indented => "",
                };
                self.start = range.start;
                self.code = Some((language.to_owned(), String::new()));
            }
            Tag::Table(_) => self.start = range.start,
            Tag::TableHead | Tag::TableRow => self.row.push('|'),
            Tag::TableCell => self.inline.begin(Place::Cell),
            Tag::FootnoteDefinition(name) => {
                self.inline_at(range.start).raw(&format!("[^{name}]: "));
            }
            _ => {}
        }
    }

    fn close(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link => {
                self.inline.close();
            }
            TagEnd::Image => self.inline.close_image(),
            TagEnd::Heading(_) => {
                self.flush_inline();
                self.heading = None;
            }
            TagEnd::BlockQuote(_) => {
                self.flush_inline();
                self.page.close_quote();
            }
            TagEnd::List(_) => self.page.close_list(),
            TagEnd::Item => {
                self.flush_inline();
                self.page.close_item();
            }
            TagEnd::CodeBlock => {
                if let Some((language, code)) = self.code.take() {
                    self.page.code(self.start, &language, &code);
                }
            }
            TagEnd::TableCell => {
                if let Some((text, _)) = self.inline.take() {
                    self.row.push_str(&text);
                }
                self.row.push('|');
            }
            TagEnd::TableHead => {
                self.row.push('h');
                self.page.block(self.start, &mem::take(&mut self.row));
            }
            TagEnd::TableRow => self.page.line(&mem::take(&mut self.row)),
            _ => self.flush_inline(),
        }
    }

    /// The inline buffer, which gets its place with its first content.
    fn inline_at(&mut self, start: usize) -> &mut Inline {
        if self.inline.is_fresh() {
            let place = if self.heading.is_some() || self.page.continues_item() {
                Place::Line
            } else {
                Place::Paragraph
            };
            self.start = start;
            self.inline.begin(place);
        }
        &mut self.inline
    }

    fn text(&mut self, text: &str, range: &Range<usize>) {
        if let Some((_, code)) = &mut self.code {
            code.push_str(text);
            return;
        }
        let unescaped = self.source.get(range.clone()) == Some(text);
        let inline = self.inline_at(range.start);
        if unescaped && text.contains("**") {
            inline.text_with_bold(text);
        } else {
            inline.text(text);
        }
    }

    fn html(&mut self, html: &str, start: usize) {
        let inline = self.inline_at(start);
        for (index, line) in html.split('\n').enumerate() {
            if index > 0 {
                inline.soft_break();
            }
            match line.trim().to_ascii_lowercase().as_str() {
                "<br>" | "<br/>" | "<br />" => inline.hard_break(),
                _ => inline.text(line),
            }
        }
    }

    fn flush_inline(&mut self) {
        let Some((text, place)) = self.inline.take() else {
            return;
        };
        let start = self.start;
        match (self.heading, place) {
            (Some(level), _) => {
                let marker = "*".repeat(level as usize);
                self.page.block(start, &format!("{marker} {text}"));
            }
            (None, _) if text.trim().is_empty() => {}
            (None, Place::Line) => self.page.item(start, &text),
            (None, _) => self.page.paragraph(start, &text),
        }
    }

    /// Writes the definitions before `end` that are text.
    fn write_definitions(&mut self, end: usize) {
        while let Some(span) = self.definitions.as_slice().first().cloned()
            && span.start < end
        {
            self.definitions.next();
            let mut text = String::new();
            escape::push_escaped(
                &mut text,
                self.source[span.clone()].trim(),
                Around::default(),
            );
            self.page.block(span.start, &text);
        }
    }
}
