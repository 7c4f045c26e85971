//! The text of one block: words, spans, links and images.

use crate::escape::{self, Around, Place};

/// A marker pair of Backlog notation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Bold,
    Italic,
    Strike,
}

impl Mark {
    fn text(self) -> &'static str {
        match self {
            Self::Bold => "''",
            Self::Italic => "'''",
            Self::Strike => "%%",
        }
    }

    fn character(self) -> char {
        match self {
            Self::Bold | Self::Italic => '\'',
            Self::Strike => '%',
        }
    }
}

/// Where an address of a link leads.
enum Target {
    /// Behind the label.
    Address(String),
    /// The label is the address.
    Label,
    /// A place that Backlog notation cannot link to.
    Unlinkable(String),
}

enum Span {
    /// `None` where the markers would touch those of another span and so change their meaning.
    Mark(Option<(Mark, usize)>),
    /// Literal characters around the text, as Markdown has them.
    Literal(&'static str),
    Link(Target, usize),
}

/// A span that ended at the end of the text so far.
struct Closed {
    mark: Mark,
    start: usize,
    end: usize,
}

/// Collects the text of one block.
#[derive(Default)]
pub(crate) struct Inline {
    text: String,
    place: Option<Place>,
    spans: Vec<Span>,
    /// The marks of the open spans, each at most once: a second one would end the first.
    marks: Vec<Mark>,
    marker: Option<(char, usize)>,
    closed: Option<Closed>,
    join: bool,
    images: usize,
}

impl Inline {
    /// Nothing has arrived since the last [`Inline::take`].
    pub(crate) fn is_fresh(&self) -> bool {
        self.place.is_none()
    }

    pub(crate) fn begin(&mut self, place: Place) {
        self.place = Some(place);
    }

    /// The collected text and its place; the next block starts empty.
    pub(crate) fn take(&mut self) -> Option<(String, Place)> {
        let place = self.place?;
        while !self.spans.is_empty() {
            self.close();
        }
        if place == Place::Cell {
            if self.text == ">" {
                self.text.insert(0, '\\');
            }
            self.part_from_backslash();
        }
        let text = std::mem::take(self).text;
        Some((text.trim_end_matches(['\n', '\r']).to_owned(), place))
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.push(text, false);
    }

    /// Text with `**` pairs that Markdown leaves: between Japanese punctuation and a letter, as in
    /// `**「重要」**です`, `CommonMark` sees no emphasis although the writer means it.
    pub(crate) fn text_with_bold(&mut self, text: &str) {
        let mut rest = text;
        let mut before = None;
        while let Some((plain, opened)) = rest.split_once("**")
            && let Some((bold, after)) = opened.split_once("**")
        {
            let left = plain.chars().next_back().or(before);
            let beside = [left, after.chars().next()];
            let tight = !bold.is_empty() && bold.trim() == bold && !bold.contains('*');
            let meant = tight && beside.into_iter().flatten().any(is_spaceless);
            let end = if meant {
                rest.len() - after.len()
            } else {
                plain.len() + "**".len()
            };
            if meant {
                self.text(plain);
                self.open(Mark::Bold);
                self.text(bold);
                self.close();
            } else {
                self.text(&rest[..end]);
            }
            before = rest[..end].chars().next_back();
            rest = &rest[end..];
        }
        self.text(rest);
    }

    /// Code in a line: Backlog has no notation for it, so the backticks stay.
    pub(crate) fn code(&mut self, code: &str) {
        let longest = code
            .split(|character| character != '`')
            .map(str::len)
            .max()
            .unwrap_or(0);
        let fence = if longest == 1 { "``" } else { "`" };
        let pad = if code.starts_with('`') || code.ends_with('`') {
            " "
        } else {
            ""
        };
        self.raw(&format!("{fence}{pad}"));
        self.push(code, true);
        self.raw(&format!("{pad}{fence}"));
    }

    /// Notation, as it is.
    pub(crate) fn raw(&mut self, notation: &str) {
        if self.images == 0 {
            self.settle_join(notation.chars().next());
            self.text.push_str(notation);
        }
    }

    /// A line end without meaning in Markdown.
    pub(crate) fn soft_break(&mut self) {
        if self.images > 0 {
            return;
        }
        if self.place == Some(Place::Paragraph) && self.spans.is_empty() {
            self.text.push('\n');
        } else {
            self.join = true;
        }
    }

    pub(crate) fn hard_break(&mut self) {
        self.raw("&br;");
    }

    pub(crate) fn open(&mut self, mark: Mark) {
        let touches = self.marker == Some((mark.character(), self.text.len()));
        if touches || self.images > 0 || self.marks.contains(&mark) {
            self.spans.push(Span::Mark(None));
            return;
        }
        self.settle_join(None);
        self.part(mark.character());
        self.spans.push(Span::Mark(Some((mark, self.text.len()))));
        self.marks.push(mark);
        self.push_marker(mark);
    }

    /// A span that keeps the delimiters of Markdown.
    pub(crate) fn open_literal(&mut self, delimiter: &'static str) {
        self.raw(delimiter);
        self.spans.push(Span::Literal(delimiter));
    }

    pub(crate) fn open_link(&mut self, url: &str, autolink: bool) {
        self.settle_join(None);
        let target = if autolink {
            Target::Label
        } else if url.is_empty() || url.starts_with('#') {
            Target::Unlinkable(url.to_owned())
        } else {
            Target::Address(escape::address(url))
        };
        self.spans.push(Span::Link(target, self.text.len()));
    }

    /// The image without its alternative text, for which Backlog has no place.
    pub(crate) fn open_image(&mut self, url: &str) {
        let address = if url.contains("://") {
            escape::address(url)
        } else {
            url.replace(['\n', '\r', '|'], " ")
        };
        self.raw(&format!("#image({address})"));
        self.images += 1;
    }

    pub(crate) fn close_image(&mut self) {
        self.images = self.images.saturating_sub(1);
    }

    /// Ends the innermost span.
    pub(crate) fn close(&mut self) {
        match self.spans.pop() {
            Some(Span::Mark(Some((mark, start)))) => self.close_mark(mark, start),
            Some(Span::Literal(delimiter)) => self.raw(delimiter),
            Some(Span::Link(target, start)) => self.close_link(&target, start),
            Some(Span::Mark(None)) | None => {}
        }
    }

    fn close_mark(&mut self, mark: Mark, start: usize) {
        let width = mark.text().len();
        self.marks.retain(|open| *open != mark);
        if let Some(inner) = self.closed.take()
            && inner.end == self.text.len()
            && inner.mark.character() == mark.character()
            && inner.start > start
        {
            let width = inner.mark.text().len();
            self.marker = None;
            self.text.truncate(inner.end - width);
            self.text
                .replace_range(inner.start..inner.start + width, "");
        }
        if self.text.len() == start + width {
            self.text.truncate(start);
            self.marker = None;
            return;
        }
        self.part(mark.character());
        self.push_marker(mark);
        self.closed = Some(Closed {
            mark,
            start,
            end: self.text.len(),
        });
    }

    fn close_link(&mut self, target: &Target, start: usize) {
        let label = &self.text[start..];
        match target {
            Target::Label => {
                self.text.insert_str(start, "[[");
                self.text.push_str("]]");
            }
            Target::Unlinkable(url) => {
                self.text.insert(start, '[');
                self.push_all(&["](", url, ")"]);
            }
            Target::Address(url) if label.is_empty() || label == url => {
                self.text.truncate(start);
                self.push_all(&["[[", url, "]]"]);
            }
            // Either character would end the label too early.
            Target::Address(url) if label.contains([':', '>', '[', ']']) => {
                self.push_all(&[" [[", url, "]]"]);
            }
            Target::Address(url) => {
                self.text.insert_str(start, "[[");
                self.push_all(&[">", url, "]]"]);
            }
        }
        self.closed = None;
        self.marker = None;
    }

    fn push_all(&mut self, parts: &[&str]) {
        self.text.extend(parts.iter().copied());
    }

    fn push(&mut self, text: &str, code: bool) {
        let Some(character) = text.chars().next() else {
            return;
        };
        if self.images > 0 {
            return;
        }
        self.settle_join(Some(character));
        let around = Around {
            place: self.place.unwrap_or_default(),
            starts: self.text.is_empty() || self.text.ends_with('\n'),
            code,
            marker: self
                .marker
                .filter(|(_, end)| *end == self.text.len())
                .map(|(character, _)| character),
        };
        escape::push_escaped(&mut self.text, text, around);
    }

    fn push_marker(&mut self, mark: Mark) {
        self.text.push_str(mark.text());
        self.marker = Some((mark.character(), self.text.len()));
    }

    /// Keeps a marker apart from text before it that would read as a part of the marker.
    fn part(&mut self, character: char) {
        let after_marker = self.marker.is_some_and(|(_, end)| end == self.text.len());
        if !after_marker && self.text.ends_with(character) {
            let before = &self.text[..self.text.len() - character.len_utf8()];
            if !before.ends_with('\\') {
                self.text.insert(before.len(), '\\');
            }
        }
        self.part_from_backslash();
    }

    /// A backslash directly before notation would escape it.
    fn part_from_backslash(&mut self) {
        if self.text.ends_with('\\') {
            self.text.push(' ');
        }
    }

    /// Puts a space where a line end was, except between characters of scripts without spaces.
    fn settle_join(&mut self, next: Option<char>) {
        if !std::mem::take(&mut self.join) {
            return;
        }
        let tight = self.text.chars().next_back().is_some_and(is_spaceless)
            && next.is_some_and(is_spaceless);
        if !tight && !self.text.is_empty() {
            self.text.push(' ');
        }
    }
}

/// Chinese and Japanese characters and their punctuation, which no space separates.
fn is_spaceless(character: char) -> bool {
    matches!(character,
        '\u{3000}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}' | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF00}'..='\u{FFEF}'
        | '\u{20000}'..='\u{3FFFF}')
}
