//! Reads a `PowerPoint` presentation.
//!
//! 1. The presentation lists its slides in order, by id.
//! 2. Each slide is read as a stream: its title becomes the heading. Its notes follow.

use std::io::BufRead;

use crate::{
    archive::Archive,
    error::{ExtractError, LimitReached},
    kind::Kind,
    limits::Meter,
    markdown::{Markdown, one_line},
    relationships,
    xml::{Node, Xml},
};

const KIND: &str = Kind::Pptx.name();
const MAIN: &str = "ppt/presentation.xml";

/// The shapes of a slide, its rows of tables, or the paragraphs of one of them.
const MAX_SHAPES: usize = 10_000;

pub(crate) fn read(bytes: &[u8], meter: &Meter, out: &mut Markdown) -> Result<(), ExtractError> {
    let mut archive = Archive::open(KIND, bytes, meter)?;
    let ids = slide_ids(&mut archive, meter)?;
    out.set_parts(ids.len());
    let parts = relationships::of(&mut archive, MAIN, meter)?;
    for (index, id) in ids.iter().enumerate() {
        let Some(part) = parts.get(id).map(|it| it.part.as_str()) else {
            continue;
        };
        let slide = texts(&mut archive, part, meter)?;
        let number = index + 1;
        match slide.title() {
            Some(title) => out.heading(2, &format!("Slide {number}: {title}"))?,
            None => out.heading(2, &format!("Slide {number}"))?,
        }
        write(out, &slide.shapes)?;
        let others = relationships::of(&mut archive, part, meter)?;
        let mut notes = others.values().filter(|it| it.kind == "notesSlide");
        if let Some(notes) = notes.next() {
            let mut notes = texts(&mut archive, &notes.part, meter)?;
            notes
                .shapes
                .retain(|it| it.placeholder.as_deref() == Some("body"));
            if notes.shapes.iter().any(Shape::has_text) {
                out.heading(3, "Notes")?;
                write(out, &notes.shapes)?;
            }
        }
    }
    Ok(())
}

fn slide_ids(archive: &mut Archive<'_>, meter: &Meter) -> Result<Vec<String>, ExtractError> {
    let Some(entry) = archive.entry(MAIN, meter)? else {
        return Err(ExtractError::damaged(KIND, format!("it has no {MAIN}")));
    };
    let mut xml = Xml::new(KIND, entry);
    let mut ids = Vec::new();
    loop {
        match xml.next()? {
            Node::Start(element) if element.local() == "sldId" => {
                ids.extend(element.prefixed("id"));
            }
            Node::Eof => break,
            _ => {}
        }
        if ids.len() >= meter.limits().max_entries {
            break;
        }
    }
    Ok(ids)
}

/// The text of a slide.
#[derive(Default)]
struct Slide {
    shapes: Vec<Shape>,
}

/// A text box, or a row of a table.
#[derive(Default)]
struct Shape {
    /// The role of the shape in the layout, such as `title`.
    placeholder: Option<String>,
    paragraphs: Vec<String>,
    /// For a row of a table: whether it is the first one.
    row: Option<bool>,
}

impl Shape {
    fn has_text(&self) -> bool {
        self.paragraphs.iter().any(|it| !it.trim().is_empty())
    }

    fn is_title(&self) -> bool {
        matches!(self.placeholder.as_deref(), Some("title" | "ctrTitle"))
    }
}

impl Slide {
    fn title(&self) -> Option<String> {
        let title = self
            .shapes
            .iter()
            .find(|it| it.is_title() && it.has_text())?;
        Some(one_line(&title.paragraphs.join(" ")))
    }
}

fn texts(archive: &mut Archive<'_>, part: &str, meter: &Meter) -> Result<Slide, ExtractError> {
    match archive.entry(part, meter)? {
        Some(entry) => shapes(Xml::new(KIND, entry)),
        None => Ok(Slide::default()),
    }
}

/// Reads the shapes of a slide in their order.
fn shapes(mut xml: Xml<impl BufRead>) -> Result<Slide, ExtractError> {
    let mut slide = Slide::default();
    let mut shape = Shape::default();
    let mut paragraph = String::new();
    let mut cell: Option<String> = None;
    let mut is_first_row = true;
    loop {
        match xml.next()? {
            Node::Start(element) => match element.local() {
                "t" => paragraph.push_str(&xml.text()?),
                "br" => paragraph.push(' '),
                "ph" => {
                    let kind = element.attribute("type");
                    shape.placeholder = kind.or_else(|| Some("body".to_owned()));
                }
                "tbl" => is_first_row = true,
                "tc" => cell = Some(String::new()),
                "Fallback" => xml.skip()?,
                _ => {}
            },
            Node::End(name) => match name.local() {
                "p" => {
                    let paragraph = std::mem::take(&mut paragraph);
                    match &mut cell {
                        // The paragraphs of a cell become one text.
                        Some(cell) => {
                            cell.push_str(&paragraph);
                            cell.push(' ');
                        }
                        None if paragraph.is_empty() => {}
                        None => shape.paragraphs.push(paragraph),
                    }
                }
                "tc" => shape.paragraphs.extend(cell.take()),
                "tr" => {
                    shape.row = Some(std::mem::take(&mut is_first_row));
                    slide.shapes.push(std::mem::take(&mut shape));
                }
                "sp" | "graphicFrame" => {
                    let shape = std::mem::take(&mut shape);
                    slide.shapes.extend(shape.has_text().then_some(shape));
                }
                _ => {}
            },
            Node::Text(_) => {}
            Node::Eof => return Ok(slide),
        }
        if slide.shapes.len() > MAX_SHAPES || shape.paragraphs.len() > MAX_SHAPES {
            return Err(LimitReached::Entries.into());
        }
    }
}

fn write(out: &mut Markdown, shapes: &[Shape]) -> Result<(), ExtractError> {
    for shape in shapes {
        if let Some(is_first) = shape.row {
            out.row(is_first, shape.paragraphs.iter().map(String::as_str))?;
            continue;
        }
        if shape.is_title() || !shape.has_text() {
            continue;
        }
        let paragraphs = shape.paragraphs.iter().map(|it| it.trim());
        let paragraphs: Vec<_> = paragraphs.filter(|it| !it.is_empty()).collect();
        out.block(&paragraphs.join("\n"))?;
        out.push("\n")?;
    }
    Ok(())
}
