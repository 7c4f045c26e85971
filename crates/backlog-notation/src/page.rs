//! The lines of a text, its lists and its quotes.
//!
//! 1. Each block starts a line, with the blank lines that the source has above it.
//! 2. In a list, the first text of an item gets the marker and the next one stays on that line.
//! 3. The outermost quote collects its lines in a body of its own, because the form of a quote
//!    depends on its content.

use std::mem;

/// Deeper items keep the marker of this depth, so that a marker cannot grow with the input.
const DEEPEST_LIST: usize = 6;

/// One level of a list.
struct Level {
    marker: char,
    /// The item at hand has its marker.
    marked: bool,
}

enum Container {
    /// A quote and the lists around it, which do not continue in it.
    Quote(Vec<Level>),
    /// A list; its levels are in [`Page::lists`].
    List,
}

/// The lines of the outermost quote.
#[derive(Default)]
struct Body {
    text: String,
    /// Something other than paragraphs of the quote itself is in it.
    mixed: bool,
    start: usize,
}

/// Blocks that need a blank line between two of their kind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Paragraph,
    Quote,
    Other,
}

/// The text so far.
pub(crate) struct Page<'a> {
    source: &'a str,
    out: String,
    body: Option<Body>,
    quotes: usize,
    containers: Vec<Container>,
    lists: Vec<Level>,
    last: Kind,
    /// The outermost list has no line yet.
    list_starts: bool,
    /// The last line is that of the list item at hand.
    item_open: bool,
}

impl<'a> Page<'a> {
    pub(crate) fn new(source: &'a str) -> Self {
        Self {
            source,
            out: String::with_capacity(source.len()),
            body: None,
            quotes: 0,
            containers: Vec::new(),
            lists: Vec::new(),
            last: Kind::Other,
            list_starts: false,
            item_open: false,
        }
    }

    /// The whole text, with as many line ends at its end as the source has.
    pub(crate) fn finish(mut self) -> String {
        let ends = self.source[self.source.trim_end().len()..]
            .matches('\n')
            .count();
        self.out.truncate(self.out.trim_end_matches('\n').len());
        if !self.out.is_empty() {
            self.out.extend(std::iter::repeat_n('\n', ends));
        }
        self.out
    }

    /// No list or quote is open.
    pub(crate) fn is_at_top(&self) -> bool {
        self.containers.is_empty()
    }

    pub(crate) fn is_in_list(&self) -> bool {
        !self.lists.is_empty()
    }

    /// Text belongs on the line of the list item at hand.
    pub(crate) fn continues_item(&self) -> bool {
        let unmarked = self.lists.last().is_some_and(|level| !level.marked);
        unmarked || (self.item_open && !self.lists.is_empty())
    }

    pub(crate) fn open_list(&mut self, ordered: bool) {
        self.list_starts |= self.lists.is_empty();
        let marker = if ordered { '+' } else { '-' };
        self.lists.push(Level {
            marker,
            marked: false,
        });
        self.containers.push(Container::List);
    }

    pub(crate) fn close_list(&mut self) {
        self.containers.pop();
        self.lists.pop();
    }

    pub(crate) fn open_item(&mut self) {
        if let Some(level) = self.lists.last_mut() {
            level.marked = false;
        }
    }

    pub(crate) fn close_item(&mut self) {
        self.item_open = false;
    }

    pub(crate) fn open_quote(&mut self, start: usize) {
        self.quotes += 1;
        let around = mem::take(&mut self.lists);
        self.containers.push(Container::Quote(around));
        if self.quotes == 1 {
            self.body = Some(Body {
                start,
                ..Body::default()
            });
        }
        self.item_open = false;
    }

    pub(crate) fn close_quote(&mut self) {
        self.quotes = self.quotes.saturating_sub(1);
        if let Some(Container::Quote(around)) = self.containers.pop() {
            self.lists = around;
        }
        if self.quotes == 0 {
            self.flush_body();
        }
        self.item_open = false;
    }

    /// A block of one line, or the first line of a block.
    pub(crate) fn block(&mut self, start: usize, line: &str) {
        self.separate(start, Kind::Other);
        self.target().push_str(line);
    }

    /// A further line of the block at hand.
    pub(crate) fn line(&mut self, line: &str) {
        let target = self.target();
        target.push('\n');
        target.push_str(line);
    }

    pub(crate) fn item(&mut self, start: usize, text: &str) {
        let depth = self.lists.len().min(DEEPEST_LIST);
        match self.lists.last_mut() {
            Some(level) if !level.marked => {
                level.marked = true;
                let marker = level.marker;
                self.separate(start, Kind::Other);
                let target = self.target();
                target.extend(std::iter::repeat_n(marker, depth));
                target.push(' ');
            }
            _ => self.target().push_str("&br;"),
        }
        self.target().push_str(text);
        self.item_open = true;
    }

    pub(crate) fn paragraph(&mut self, start: usize, text: &str) {
        self.separate(start, Kind::Paragraph);
        let nested = self.quotes > 1;
        let contents = matches!(text, "[toc]" | "[TOC]" | "[[_TOC_]]");
        let target = self.target();
        if contents {
            target.push_str("#contents");
        } else if nested {
            push_quoted(target, text);
        } else {
            target.push_str(text);
        }
    }

    /// Code, which ends a quote around it: the two do not nest. Code that contains `{/code}` gets
    /// that word between two blocks.
    pub(crate) fn code(&mut self, start: usize, language: &str, code: &str) {
        self.flush_body();
        self.separate(start, Kind::Other);
        let opening = if language.is_empty() {
            "{code}\n".to_owned()
        } else {
            format!("{{code:{language}}}\n")
        };
        for (index, part) in code.split("{/code}").enumerate() {
            if index > 0 {
                self.out.push_str("\n\\{/code}\n");
            }
            self.out.push_str(&opening);
            self.out.push_str(part);
            if !part.is_empty() && !part.ends_with('\n') {
                self.out.push('\n');
            }
            self.out.push_str("{/code}");
        }
        if self.quotes > 0 {
            self.body = Some(Body {
                start,
                ..Body::default()
            });
        }
    }

    fn target(&mut self) -> &mut String {
        match &mut self.body {
            Some(body) => &mut body.text,
            None => &mut self.out,
        }
    }

    /// Starts a new line for a block: blank lines outside lists are those of the source.
    fn separate(&mut self, start: usize, kind: Kind) {
        self.item_open = false;
        let first_of_list = mem::take(&mut self.list_starts);
        let same = kind != Kind::Other && self.last == kind;
        let in_list = !self.lists.is_empty() && !first_of_list;
        self.last = kind;
        if let Some(body) = &mut self.body {
            body.mixed |= kind != Kind::Paragraph || !self.lists.is_empty() || self.quotes > 1;
        }
        if self.target().is_empty() {
            return;
        }
        let blank = if in_list {
            0
        } else {
            blank_lines_before(self.source, start).max(usize::from(same))
        };
        self.target().extend(std::iter::repeat_n('\n', 1 + blank));
    }

    /// Writes the quote so far: `>` before each line, or the macro where it has more than text.
    fn flush_body(&mut self) {
        let Some(body) = self.body.take() else {
            return;
        };
        if body.text.is_empty() {
            return;
        }
        self.separate(body.start, Kind::Quote);
        if body.mixed {
            self.out.push_str("{quote}\n");
            self.out.push_str(&body.text);
            self.out.push_str("\n{/quote}");
        } else {
            push_quoted(&mut self.out, &body.text);
        }
    }
}

fn push_quoted(out: &mut String, text: &str) {
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        out.push('>');
        if !line.is_empty() {
            out.push(' ');
            out.push_str(line);
        }
    }
}

/// How many blank lines are directly above the line of `offset`; quote marks count as blank.
fn blank_lines_before(source: &str, offset: usize) -> usize {
    let before = source.get(..offset).unwrap_or_default();
    let Some(line_start) = before.rfind('\n') else {
        return 0;
    };
    before[..line_start]
        .rsplit('\n')
        .take_while(|line| line.trim_matches([' ', '\t', '\r', '>']).is_empty())
        .count()
}
