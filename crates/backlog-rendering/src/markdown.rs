//! A page that is being written, and its parts.
//!
//! 1. A page is a sequence of blocks: lines of this crate, and texts of users between them.
//! 2. [`Markdown::part`] cuts the contents of the blocks in a row, without the fences.
//! 3. Each text, or what is left of it, is put in a fence of its own. A text that continues has
//!    its title and its author again.

use std::fmt::{self, Display, Write};

use crate::{
    fence::fence,
    hidden,
    part::{Cut, Part, notice},
};

/// A page in Markdown. `to_string()` returns the whole of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Markdown {
    start: String,
    quotes: Vec<Quote>,
}

/// A text that a user wrote, and the lines after it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Quote {
    /// Says what the text is, and who wrote it.
    label: String,
    text: String,
    after: String,
}

/// A block of a page: lines of this crate, or a text of a user.
#[derive(Clone, Copy)]
enum Block<'a> {
    Lines(&'a str),
    Quoted { label: &'a str, text: &'a str },
}

impl<'a> Block<'a> {
    fn content(self) -> &'a str {
        match self {
            Self::Lines(text) | Self::Quoted { text, .. } => text,
        }
    }
}

impl Markdown {
    /// Starts a page. Texts of users in `title` are on one line, as in everything below but
    /// [`Self::quote`].
    pub(crate) fn titled(title: &str) -> Self {
        let mut page = Self::default();
        page.line(&format!("# {title}"));
        page
    }

    pub(crate) fn line(&mut self, line: &str) {
        let lines = self.lines();
        lines.push_str(line);
        lines.push('\n');
    }

    /// Writes `- name: value` if there is a value.
    pub(crate) fn field(&mut self, name: &str, value: Option<String>) {
        if let Some(value) = value {
            self.line(&format!("- {name}: {value}"));
        }
    }

    pub(crate) fn heading(&mut self, level: usize, text: &str) {
        self.blank();
        self.line(&format!("{} {text}", "#".repeat(level)));
        self.blank();
    }

    /// Separates what follows by an empty line.
    pub(crate) fn blank(&mut self) {
        let is_first = self.start.is_empty();
        let lines = self.lines();
        if !is_first && !lines.ends_with("\n\n") {
            lines.push('\n');
        }
    }

    /// Writes a text of a user in a fence.
    pub(crate) fn quote(&mut self, label: &str, text: &str) {
        self.blank();
        let mut text = hidden::clean(text).text.into_owned();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        self.quotes.push(Quote {
            label: label.to_owned(),
            text,
            after: String::new(),
        });
    }

    fn lines(&mut self) -> &mut String {
        match self.quotes.last_mut() {
            Some(quote) => &mut quote.after,
            None => &mut self.start,
        }
    }

    fn blocks(&self) -> impl Iterator<Item = Block<'_>> {
        let quotes = self.quotes.iter().flat_map(|quote| {
            let (label, text) = (&*quote.label, &*quote.text);
            [Block::Quoted { label, text }, Block::Lines(&quote.after)]
        });
        std::iter::once(Block::Lines(&self.start)).chain(quotes)
    }

    /// Returns at most `max_chars` characters of the page from `offset` on. Its first line says
    /// which part it is, unless it is the whole page; this line and the fences are not counted.
    pub fn part(&self, offset: usize, max_chars: usize) -> Part {
        let content: String = self.blocks().map(Block::content).collect();
        let cut = Cut::of(&content, offset, max_chars);
        let mut text = String::new();
        if let Some(notice) = notice(cut.offset, cut.next_offset, cut.total_chars) {
            let _ = writeln!(text, "{notice}\n");
        }
        for (block, piece, is_continued) in self.pieces(cut) {
            match block {
                Block::Lines(_) if is_continued && !content[..cut.start].ends_with('\n') => {
                    // The rest of a line must not look like the start of one.
                    let _ = write!(text, "…{piece}");
                }
                Block::Lines(_) => text.push_str(piece),
                Block::Quoted { label, .. } => {
                    if is_continued {
                        let _ = writeln!(text, "Continued: {label}\n");
                    }
                    text.push_str(&fence(piece));
                }
            }
        }
        Part {
            text,
            offset: cut.offset,
            total_chars: cut.total_chars,
            next_offset: cut.next_offset,
        }
    }

    /// The blocks inside the cut, what is in it of each, and whether that is not its start.
    fn pieces(&self, cut: Cut) -> impl Iterator<Item = (Block<'_>, &str, bool)> {
        let mut end = 0;
        self.blocks().filter_map(move |block| {
            let content = block.content();
            let start = end;
            end += content.len();
            let from = cut.start.max(start);
            let to = cut.end.min(end);
            (from < to).then(|| (block, &content[from - start..to - start], from > start))
        })
    }
}

impl Display for Markdown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.part(0, usize::MAX).text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn page() -> Markdown {
        let mut page = Markdown::titled("RIVER-7: Login");
        page.field("Status", Some("Open".to_owned()));
        page.field("Due", None);
        page.heading(2, "Description, by 佐藤 遥");
        page.quote("Description, by 佐藤 遥", "one\n```\ntwo\n\nthree");
        page.heading(2, "Comments");
        page
    }

    #[test]
    fn a_whole_page_has_no_notice() {
        insta::assert_snapshot!(page(), @r#"
        # RIVER-7: Login
        - Status: Open

        ## Description, by 佐藤 遥

        ````
        one
        ```
        two

        three
        ````

        ## Comments
        "#);
    }

    #[test]
    fn a_text_that_continues_is_in_a_fence_and_says_who_wrote_it() {
        let page = page();
        let content: String = page.blocks().map(Block::content).collect();
        let two = content[..content.find("two").unwrap()].chars().count();
        insta::assert_snapshot!(page.part(0, two).text, @r#"
        Part of a longer text: characters 0–66 of 91; continue with offset 66.

        # RIVER-7: Login
        - Status: Open

        ## Description, by 佐藤 遥

        ````
        one
        ```
        ````
        "#);
        insta::assert_snapshot!(page.part(two, 4).text, @r#"
        Part of a longer text: characters 66–70 of 91; continue with offset 70.

        Continued: Description, by 佐藤 遥

        ```
        two
        ```
        "#);
        insta::assert_snapshot!(page.part(3, 4).text, @r#"
        Part of a longer text: characters 3–7 of 91; continue with offset 7.

        …IVER
        "#);
    }

    proptest! {
        #[test]
        fn all_of_a_page_can_be_reached(texts in prop::collection::vec("[a潮`\n #👍🏽]{0,40}", 0..5), max_chars in 1_usize..40) {
            let mut page = Markdown::titled("T");
            for text in &texts {
                page.heading(2, "Text");
                page.quote("Text", text);
            }
            let content: String = page.blocks().map(Block::content).collect();
            let (mut joined, mut offset) = (String::new(), Some(0));
            while let Some(from) = offset {
                let cut = Cut::of(&content, from, max_chars);
                joined.extend(page.pieces(cut).map(|(_, piece, _)| piece));
                offset = page.part(from, max_chars).next_offset;
            }
            prop_assert_eq!(joined, content);
        }
    }
}
