//! Reads an Excel workbook.
//!
//! 1. The workbook lists its sheets in order; the styles say which numbers are dates.
//! 2. The shared strings are kept as one text, since a cell refers to them by index.
//! 3. Each sheet is read as a stream of rows, which become a table. Formulas are left out; their
//!    last values are read.
//!
//! `calamine` is not used: it unpacks parts without a limit, and allocates a sheet by the
//! coordinates of its cells.

use crate::{
    archive::Archive,
    error::ExtractError,
    kind::Kind,
    limits::Meter,
    markdown::Markdown,
    relationships,
    xml::{Node, Xml},
};

mod book;
mod sheet;
mod strings;
mod styles;

use self::{book::Book, strings::Strings, styles::Styles};

const KIND: &str = Kind::Xlsx.name();
const MAIN: &str = "xl/workbook.xml";

#[derive(Default)]
struct Workbook {
    sheets: Vec<Sheet>,
    from_1904: bool,
}

struct Sheet {
    name: String,
    id: String,
    is_hidden: bool,
}

pub(crate) fn read(bytes: &[u8], meter: &Meter, out: &mut Markdown) -> Result<(), ExtractError> {
    let mut archive = Archive::open(KIND, bytes, meter)?;
    let workbook = workbook(&mut archive, meter)?;
    out.set_parts(workbook.sheets.len());
    let parts = relationships::of(&mut archive, MAIN, meter)?;
    let part = |kind: &str, default: &str| {
        let found = parts.values().find(|it| it.kind == kind);
        found.map_or_else(|| default.to_owned(), |it| it.part.clone())
    };
    let styles = match archive.entry(&part("styles", "xl/styles.xml"), meter)? {
        Some(entry) => Styles::read(Xml::new(KIND, entry))?,
        None => Styles::default(),
    };
    let strings = match archive.entry(&part("sharedStrings", "xl/sharedStrings.xml"), meter)? {
        Some(entry) => Strings::read(Xml::new(KIND, entry))?,
        None => Strings::default(),
    };
    let book = Book {
        strings,
        styles,
        from_1904: workbook.from_1904,
    };
    for Sheet {
        name,
        id,
        is_hidden,
    } in workbook.sheets
    {
        let hidden = if is_hidden { " (hidden)" } else { "" };
        out.heading(2, &format!("{name}{hidden}"))?;
        let Some(part) = parts.get(&id) else {
            continue;
        };
        // Charts and macro sheets have no cells.
        if part.kind == "worksheet"
            && let Some(entry) = archive.entry(&part.part, meter)?
        {
            sheet::read(Xml::new(KIND, entry), &book, out)?;
        }
    }
    Ok(())
}

fn workbook(archive: &mut Archive<'_>, meter: &Meter) -> Result<Workbook, ExtractError> {
    let Some(entry) = archive.entry(MAIN, meter)? else {
        return Err(ExtractError::damaged(KIND, format!("it has no {MAIN}")));
    };
    let mut xml = Xml::new(KIND, entry);
    let mut workbook = Workbook::default();
    loop {
        match xml.next()? {
            Node::Start(element) => match element.local() {
                "workbookPr" => {
                    let value = element.attribute("date1904");
                    workbook.from_1904 = matches!(value.as_deref(), Some("1" | "true"));
                }
                "sheet" => workbook.sheets.push(Sheet {
                    name: element.attribute("name").unwrap_or_default(),
                    id: element.prefixed("id").unwrap_or_default(),
                    is_hidden: element.attribute("state").is_some_and(|it| it != "visible"),
                }),
                _ => {}
            },
            Node::Eof => return Ok(workbook),
            _ => {}
        }
        if workbook.sheets.len() >= meter.limits().max_entries {
            return Ok(workbook);
        }
    }
}
