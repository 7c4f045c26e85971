//! The shared strings of a workbook.

use std::io::BufRead;

use crate::{
    error::ExtractError,
    kind::Kind,
    xml::{Node, Xml},
};

/// Strings by index. A small string takes four bytes besides its text, so that many empty ones do
/// not use much memory.
#[derive(Default)]
pub(super) struct Strings {
    all: String,
    ends: Vec<u32>,
}

impl Strings {
    pub(super) fn read(mut xml: Xml<impl BufRead>) -> Result<Self, ExtractError> {
        let mut strings = Self::default();
        loop {
            match xml.next()? {
                Node::Start(element) if element.local() == "si" => {
                    rich_text(&mut xml, "si", &mut strings.all)?;
                    let end = u32::try_from(strings.all.len());
                    let end =
                        end.map_err(|error| ExtractError::damaged(Kind::Xlsx.name(), error))?;
                    strings.ends.push(end);
                }
                Node::Eof => return Ok(strings),
                _ => {}
            }
        }
    }

    pub(super) fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)? as usize;
        let before = index.checked_sub(1).and_then(|it| self.ends.get(it));
        self.all.get(before.map_or(0, |it| *it as usize)..end)
    }
}

/// Reads the text of an element that has just started. The readings of Japanese words (`rPh`) are
/// left out: Excel records them as they were typed.
pub(super) fn rich_text(
    xml: &mut Xml<impl BufRead>,
    name: &str,
    text: &mut String,
) -> Result<(), ExtractError> {
    loop {
        match xml.next()? {
            Node::Start(element) => match element.local() {
                "t" => text.push_str(&xml.text()?),
                "rPh" => xml.skip()?,
                _ => {}
            },
            Node::End(end) if end.local() == name => return Ok(()),
            Node::Eof => return Ok(()),
            _ => {}
        }
    }
}
