//! The text that is built, as Markdown of a limited length.

use crate::{error::LimitReached, extracted::Extracted};

/// Notes beyond this number are not kept.
const MAX_NOTES: usize = 20;

/// Markdown of a limited length.
pub(crate) struct Markdown {
    text: String,
    max: usize,
    parts: Option<usize>,
    is_complete: bool,
    notes: Vec<String>,
}

impl Markdown {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            text: String::new(),
            max,
            parts: None,
            is_complete: true,
            notes: Vec::new(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The bytes that may still be added.
    pub(crate) fn left(&self) -> usize {
        self.max - self.text.len()
    }

    /// Adds text as it is, up to the limit.
    pub(crate) fn push(&mut self, text: &str) -> Result<(), LimitReached> {
        let left = self.left();
        if text.len() <= left {
            self.text.push_str(text);
            return Ok(());
        }
        self.text.push_str(&text[..text.floor_char_boundary(left)]);
        // Nothing may follow a cut.
        self.max = self.text.len();
        Err(LimitReached::Text)
    }

    /// Starts a new block, after an empty line.
    pub(crate) fn block(&mut self, text: &str) -> Result<(), LimitReached> {
        if !self.text.is_empty() {
            let end = if self.text.ends_with('\n') {
                "\n"
            } else {
                "\n\n"
            };
            self.push(end)?;
        }
        self.push(text)
    }

    /// Adds a heading of a level from 1 to 6.
    pub(crate) fn heading(&mut self, level: usize, text: &str) -> Result<(), LimitReached> {
        let marks = &"######"[..level.clamp(1, 6)];
        self.block(&format!("{marks} {}\n", one_line(text)))
    }

    /// Adds a row of a table. The first one is its head.
    pub(crate) fn row<'c>(
        &mut self,
        is_first: bool,
        cells: impl IntoIterator<Item = &'c str>,
    ) -> Result<(), LimitReached> {
        let mut columns = 0;
        if is_first {
            self.block("")?;
        }
        self.push("|")?;
        for cell in cells {
            columns += 1;
            self.push(" ")?;
            self.push(&cell_text(cell))?;
            self.push(" |")?;
        }
        self.push("\n")?;
        if is_first {
            self.push("|")?;
            for _ in 0..columns {
                self.push("---|")?;
            }
            self.push("\n")?;
        }
        Ok(())
    }

    /// Adds a note, a sentence, once.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if self.notes.len() < MAX_NOTES && !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    pub(crate) fn set_parts(&mut self, count: usize) {
        self.parts = Some(count);
    }

    /// Drops the text so far, which consists of nothing but headings.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
    }

    pub(crate) fn mark_incomplete(&mut self) {
        self.is_complete = false;
    }

    pub(crate) fn finish(mut self) -> Extracted {
        self.text.truncate(self.text.trim_end().len());
        if !self.text.is_empty() && self.text.len() < self.max {
            self.text.push('\n');
        }
        Extracted {
            text: self.text,
            parts: self.parts,
            is_complete: self.is_complete,
            notes: self.notes,
        }
    }
}

/// A text on one line, without control characters.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        let character = if character.is_control() {
            ' '
        } else {
            character
        };
        if character != ' ' || !(line.is_empty() || line.ends_with(' ')) {
            line.push(character);
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// A text as the cell of a table.
fn cell_text(text: &str) -> String {
    one_line(text).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_a_character() {
        let mut out = Markdown::new(5);
        assert_eq!(out.push("あい"), Err(LimitReached::Text));
        assert_eq!(out.push("a"), Err(LimitReached::Text));
        assert_eq!(out.finish().text, "あ");
    }

    #[test]
    fn a_table_has_a_head_and_escaped_cells() {
        let mut out = Markdown::new(1000);
        out.heading(2, "A\nB").unwrap();
        out.row(true, ["品番", "a|b"]).unwrap();
        out.row(false, ["x\ny", ""]).unwrap();
        let expected = "## A B\n\n| 品番 | a\\|b |\n|---|---|\n| x y |  |\n";
        assert_eq!(out.finish().text, expected);
    }
}
