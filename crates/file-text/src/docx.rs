//! Reads a Word document.
//!
//! 1. The styles say which paragraphs are headings.
//! 2. The body is read as a stream: paragraphs, lists and tables. Deleted text is left out.
//! 3. Footnotes, endnotes and comments follow.

use std::{collections::HashMap, io::BufRead};

use crate::{
    archive::Archive,
    error::ExtractError,
    kind::Kind,
    limits::Meter,
    markdown::Markdown,
    xml::{Element, Node, Xml},
};

const KIND: &str = Kind::Docx.name();

/// Word itself allows 63 columns.
const MAX_COLUMNS: usize = 1000;

/// The properties of a style that concern its paragraphs.
#[derive(Clone, Copy, Default)]
struct Style {
    /// The level of a heading.
    level: Option<usize>,
    is_list_item: bool,
}

/// The styles of headings and lists, by id.
type Styles = HashMap<String, Style>;

/// Styles beyond this number are not read.
const MAX_STYLES: usize = 5000;

pub(crate) fn read(bytes: &[u8], meter: &Meter, out: &mut Markdown) -> Result<(), ExtractError> {
    let mut archive = Archive::open(KIND, bytes, meter)?;
    let styles = styles(&mut archive, meter)?;
    let Some(body) = archive.entry("word/document.xml", meter)? else {
        return Err(ExtractError::damaged(KIND, "it has no word/document.xml"));
    };
    Body::new(&styles, out).read(Xml::new(KIND, body))?;
    for (part, title) in [
        ("word/footnotes.xml", "Footnotes"),
        ("word/endnotes.xml", "Endnotes"),
        ("word/comments.xml", "Comments"),
    ] {
        if let Some(part) = archive.entry(part, meter)? {
            let mut body = Body::new(&styles, out);
            body.title = Some(title);
            body.read(Xml::new(KIND, part))?;
        }
    }
    Ok(())
}

fn styles(archive: &mut Archive<'_>, meter: &Meter) -> Result<Styles, ExtractError> {
    let mut styles = Styles::new();
    let Some(entry) = archive.entry("word/styles.xml", meter)? else {
        return Ok(styles);
    };
    let mut xml = Xml::new(KIND, entry);
    let mut id = None;
    let mut style = Style::default();
    loop {
        match xml.next()? {
            Node::Start(element) => match element.local() {
                "style" => id = element.attribute("styleId"),
                "name" => {
                    let name = element.attribute("val").unwrap_or_default().to_lowercase();
                    let level = name.strip_prefix("heading ").and_then(|it| it.parse().ok());
                    style.level = level.or((name == "title").then_some(1)).or(style.level);
                }
                "outlineLvl" => style.level = style.level.or(outline_level(&element)),
                "numPr" => style.is_list_item = true,
                _ => {}
            },
            Node::End(name) if name.local() == "style" => {
                let style = std::mem::take(&mut style);
                if let Some(id) = id.take().filter(|_| styles.len() < MAX_STYLES) {
                    styles.insert(id, style);
                }
            }
            Node::Eof => return Ok(styles),
            _ => {}
        }
    }
}

/// The level of an outline, of which the tenth is ordinary text.
fn outline_level(element: &Element<'_>) -> Option<usize> {
    let level = element.number::<usize>("val").filter(|it| *it < 9)?;
    Some(level + 1)
}

/// A row of the outermost table: its cells so far.
#[derive(Default)]
struct Table {
    rows: usize,
    cells: Vec<String>,
}

struct Body<'a> {
    styles: &'a Styles,
    out: &'a mut Markdown,
    /// The heading before the first paragraph.
    title: Option<&'static str>,
    paragraph: String,
    level: Option<usize>,
    is_list_item: bool,
    follows_list_item: bool,
    /// The tables inside of each other. Only the outermost one becomes a table.
    tables: Vec<Table>,
}

impl<'a> Body<'a> {
    fn new(styles: &'a Styles, out: &'a mut Markdown) -> Self {
        Self {
            styles,
            out,
            title: None,
            paragraph: String::new(),
            level: None,
            is_list_item: false,
            follows_list_item: false,
            tables: Vec::new(),
        }
    }

    fn read(mut self, mut xml: Xml<impl BufRead>) -> Result<(), ExtractError> {
        loop {
            match xml.next()? {
                Node::Start(element) => match element.local() {
                    "t" => {
                        let text = xml.text()?;
                        self.paragraph.push_str(&text);
                    }
                    // Fallback repeats the text beside it; the others are deleted or no text.
                    "Fallback" | "moveFrom" | "del" | "instrText" => xml.skip()?,
                    _ => self.start(&element),
                },
                Node::End(name) => match name.local() {
                    "p" => self.end_paragraph()?,
                    "tc" => self.end_cell(),
                    "tr" => self.end_row()?,
                    "tbl" => {
                        self.tables.pop();
                    }
                    "rt" => self.paragraph.push(')'),
                    _ => {}
                },
                Node::Text(_) => {}
                Node::Eof => return Ok(()),
            }
        }
    }

    fn start(&mut self, element: &Element<'_>) {
        let value = || element.attribute("val").unwrap_or_default();
        match element.local() {
            "tab" if !self.paragraph.is_empty() => self.paragraph.push('\t'),
            "br" | "cr" => self.paragraph.push('\n'),
            "noBreakHyphen" => self.paragraph.push('-'),
            // The reading of the characters before it.
            "rt" => self.paragraph.push('('),
            "pStyle" => {
                let style = self.styles.get(&value()).copied().unwrap_or_default();
                self.level = style.level;
                // A heading may be numbered, too.
                self.is_list_item = style.is_list_item;
            }
            "outlineLvl" => self.level = outline_level(element).or(self.level),
            "numPr" => self.is_list_item = true,
            "tbl" => self.tables.push(Table::default()),
            "tc" => {
                if let [table] = self.tables.as_mut_slice()
                    && table.cells.len() < MAX_COLUMNS
                {
                    table.cells.push(String::new());
                }
            }
            _ => {}
        }
    }

    fn end_paragraph(&mut self) -> Result<(), ExtractError> {
        let text = std::mem::take(&mut self.paragraph);
        let text = text.trim_end();
        let level = self.level.take();
        let is_list_item = std::mem::take(&mut self.is_list_item);
        if let Some(table) = self.tables.first_mut() {
            if let Some(cell) = table.cells.last_mut() {
                if !cell.is_empty() && !text.is_empty() {
                    cell.push(' ');
                }
                cell.push_str(text);
            }
            return Ok(());
        }
        if text.trim().is_empty() {
            return Ok(());
        }
        if let Some(title) = self.title.take() {
            self.out.heading(2, title)?;
        }
        match level {
            Some(level) => self.out.heading(level, text)?,
            None if is_list_item && self.follows_list_item => {
                self.out.push(&format!("- {text}\n"))?;
            }
            None if is_list_item => self.out.block(&format!("- {text}\n"))?,
            None => self.out.block(&format!("{text}\n"))?,
        }
        self.follows_list_item = is_list_item && level.is_none();
        Ok(())
    }

    fn end_cell(&mut self) {
        // A nested table ends a cell of the outer one only by a space.
        if self.tables.len() > 1
            && let Some(cell) = self.tables[0].cells.last_mut()
        {
            cell.push(' ');
        }
    }

    fn end_row(&mut self) -> Result<(), ExtractError> {
        if let [table] = self.tables.as_mut_slice() {
            let cells = std::mem::take(&mut table.cells);
            let is_first = table.rows == 0;
            table.rows += 1;
            self.out.row(is_first, cells.iter().map(String::as_str))?;
            self.follows_list_item = false;
        }
        Ok(())
    }
}
