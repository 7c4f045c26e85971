//! Reads a PDF document.
//!
//! 1. The objects are found by scanning the file, as viewers do for damaged files. Streams of
//!    objects are unpacked; all other objects are parsed when they are needed.
//! 2. For each page, a small PDF is written that has nothing but text: the operators that show
//!    text, the fonts, and the forms with them. All streams in it are unpacked already, its
//!    structure is flat, and its strings and widths are limited.
//! 3. `hayro-interpret` draws that page to a device that collects characters and their positions.
//! 4. The positions say where lines and words end.
//!
//! The library maps the encodings of Japanese fonts, with embedded and with missing font files. It
//! limits neither memory nor time, and unpacks streams on its own; step 2 leaves it nothing to
//! unpack. It cannot be canceled, so the device checks the time and unwinds.

use std::panic::{self, AssertUnwindSafe};

use crate::{
    error::{ExtractError, LimitReached},
    kind::Kind,
    limits::Meter,
    markdown::Markdown,
};

mod content;
mod file;
mod filters;
mod fonts;
mod layout;
mod object;
mod page;
mod tree;
mod writer;

use self::{file::File, tree::MAX_PAGES};

const KIND: &str = Kind::Pdf.name();

pub(crate) fn read(bytes: &[u8], meter: &Meter, out: &mut Markdown) -> Result<(), ExtractError> {
    let file = File::read(bytes, meter)?;
    meter.keep();
    let pages = tree::pages(&file, meter)?;
    if pages.is_empty() {
        return Err(ExtractError::damaged(KIND, "it has no pages"));
    }
    out.set_parts(pages.len());
    let mut without_text = 0;
    let mut has_text = false;
    for (index, page) in pages.iter().copied().enumerate() {
        let number = index + 1;
        meter.check_time()?;
        meter.release();
        let mut text = String::new();
        let read = page_text(&file, page, meter, (out.left(), &mut text));
        out.heading(2, &format!("Page {number}"))?;
        if !text.is_empty() {
            has_text = true;
            out.block(&text)?;
        }
        match read {
            Ok(is_whole) => {
                without_text += usize::from(is_whole && text.is_empty());
                if !is_whole {
                    out.note(format!("Some text of page {number} could not be read."));
                    out.mark_incomplete();
                }
            }
            Err(ExtractError::Limit(limit @ (LimitReached::Deadline | LimitReached::Text))) => {
                return Err(limit.into());
            }
            // The other pages may be readable.
            Err(ExtractError::Limit(limit)) => {
                out.note(format!("Page {number} could not be read: {limit}."));
                out.mark_incomplete();
            }
            // The message of a parser may repeat what is in the file.
            Err(_) => {
                out.note(format!("Page {number} could not be read."));
                out.mark_incomplete();
            }
        }
    }
    if pages.len() >= MAX_PAGES {
        out.mark_incomplete();
        out.note(format!("Only the first {MAX_PAGES} pages are read."));
    }
    if !has_text {
        out.clear();
    }
    if without_text > 0 {
        out.note(format!(
            "{without_text} of {} pages have no text; they may consist of images.",
            pages.len()
        ));
    }
    Ok(())
}

/// Adds the text of a page, up to a length. Returns whether all of it could be read.
fn page_text(
    file: &File<'_>,
    page: tree::Page,
    meter: &Meter,
    (max, text): (usize, &mut String),
) -> Result<bool, ExtractError> {
    let small = page::write(file, page, meter)?;
    // The text is whole characters at any time, so it may be used after a panic.
    let drawn = panic::catch_unwind(AssertUnwindSafe(|| {
        layout::add_text(small.bytes, meter, max, text)
    }));
    drawn.unwrap_or_else(|payload| Err(ExtractError::panicked(&*payload)))?;
    Ok(small.is_whole)
}
