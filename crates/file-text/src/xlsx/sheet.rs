//! Reads the rows of a sheet.

use std::{borrow::Cow, io::BufRead};

use super::{book::Book, strings, styles};
use crate::{
    error::ExtractError,
    markdown::Markdown,
    xml::{Element, Node, Xml},
};

/// The columns of Excel: A to XFD.
const MAX_COLUMNS: usize = 16_384;

/// The empty cells before a cell that are written. A cell further to the right is written with its
/// reference.
const MAX_GAP: usize = 50;

/// A cell that is being read.
#[derive(Default)]
struct Cell {
    reference: String,
    kind: String,
    style: Option<usize>,
    value: String,
}

pub(super) fn read(
    mut xml: Xml<impl BufRead>,
    book: &Book,
    out: &mut Markdown,
) -> Result<(), ExtractError> {
    let mut is_first = true;
    let mut row = Row::default();
    let mut cell = Cell::default();
    loop {
        match xml.next()? {
            Node::Start(element) => match element.local() {
                "c" => cell = Cell::new(&element),
                "v" => cell.value = xml.text()?,
                "is" => strings::rich_text(&mut xml, "is", &mut cell.value)?,
                _ => {}
            },
            Node::End(name) => match name.local() {
                "c" => row.add(&std::mem::take(&mut cell), book, out.left()),
                "row" => {
                    let row = std::mem::take(&mut row);
                    if row.bytes > 0 {
                        out.row(is_first, row.cells.iter().map(String::as_str))?;
                        is_first = false;
                    }
                }
                "sheetData" => return Ok(()),
                _ => {}
            },
            Node::Text(_) => {}
            Node::Eof => return Ok(()),
        }
    }
}

impl Cell {
    fn new(element: &Element<'_>) -> Self {
        Self {
            reference: element.attribute("r").unwrap_or_default(),
            kind: element.attribute("t").unwrap_or_default(),
            style: element.number("s"),
            value: String::new(),
        }
    }

    fn text<'t>(&'t self, book: &'t Book) -> Cow<'t, str> {
        let value = self.value.as_str();
        match self.kind.as_str() {
            "s" => {
                let index = value.trim().parse().ok();
                let string = index.and_then(|it| book.strings.get(it));
                string.unwrap_or_default().into()
            }
            "b" if value == "1" => "TRUE".into(),
            "b" => "FALSE".into(),
            "str" | "inlineStr" | "e" | "d" => value.into(),
            _ if value.is_empty() => value.into(),
            _ => styles::shown(value, book.styles.format(self.style), book.from_1904).into(),
        }
    }
}

/// The cells of a row so far.
#[derive(Default)]
struct Row {
    cells: Vec<String>,
    bytes: usize,
}

impl Row {
    /// Adds a cell at its column. Empty cells are added only before a cell with text.
    fn add(&mut self, cell: &Cell, book: &Book, left: usize) {
        let text = cell.text(book);
        let column = column(&cell.reference).unwrap_or(self.cells.len());
        // Many cells may refer to one long string, so text that cannot be written is not kept.
        let is_full = self.cells.len() >= MAX_COLUMNS || self.bytes > left;
        if is_full || text.is_empty() {
            return;
        }
        self.bytes += text.len();
        if column > self.cells.len() + MAX_GAP {
            self.cells.push(format!("{}: {text}", cell.reference));
            return;
        }
        while self.cells.len() < column {
            self.cells.push(String::new());
        }
        self.cells.push(text.into_owned());
    }
}

/// The column of a reference such as `AB12`, from 0.
fn column(reference: &str) -> Option<usize> {
    let letters = reference.bytes().take_while(u8::is_ascii_alphabetic);
    let mut column = 0;
    for letter in letters {
        column = column * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1;
        if column > MAX_COLUMNS {
            return None;
        }
    }
    column.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_by_letters() {
        for (reference, expected) in [
            ("A1", Some(0)),
            ("Z9", Some(25)),
            ("AA1", Some(26)),
            ("XFD1048576", Some(16_383)),
            ("XFE1", None),
            ("ZZZZZZZZZZZZZZZZ1", None),
            ("1", None),
            ("", None),
        ] {
            assert_eq!(column(reference), expected, "{reference}");
        }
    }
}
