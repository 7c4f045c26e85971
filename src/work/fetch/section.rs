//! A section of the text of a page.

use backlog_rendering::Notation;
use markdown_sections::{find, outline};

use crate::work::notation::of_sections;

/// The section of a text that a heading starts, with its subsections.
///
/// # Errors
/// No heading or several headings are meant; the text is for the model.
pub(super) fn section(text: &str, wanted: &str, notation: Notation) -> Result<String, String> {
    let headings = outline(text, of_sections(notation));
    let heading = find(&headings, wanted).map_err(|error| format!("section: {error}"))?;
    Ok(text[heading.start.byte..heading.end.byte].to_owned())
}
