//! Writes the objects of a small PDF.

use std::fmt::{self, Write};

use super::{file::File, object::Object};
use crate::{error::ExtractError, limits::Meter};

/// The depth of arrays and dictionaries that are copied with the objects that they refer to.
const MAX_DEPTH: usize = 16;

/// A PDF that is being written, with values of a file.
pub(super) struct Writer<'f, 'm> {
    pub(super) file: &'f File<'f>,
    pub(super) meter: &'m Meter,
    out: Vec<u8>,
    /// The positions of the objects, by number - 1.
    positions: Vec<usize>,
}

impl<'f, 'm> Writer<'f, 'm> {
    pub(super) fn new(file: &'f File<'f>, meter: &'m Meter) -> Self {
        Self {
            file,
            meter,
            out: b"%PDF-1.7\n".to_vec(),
            positions: Vec::new(),
        }
    }

    /// Reserves the number of an object.
    pub(super) fn reserve(&mut self) -> u32 {
        self.positions.push(0);
        u32::try_from(self.positions.len()).unwrap_or(u32::MAX)
    }

    /// Starts an object.
    pub(super) fn start(&mut self, number: u32) {
        let index = number as usize - 1;
        if let Some(position) = self.positions.get_mut(index) {
            *position = self.out.len();
        }
        self.put(&format!("{number} 0 obj\n"));
    }

    pub(super) fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Writes a whole object with a stream.
    pub(super) fn stream(
        &mut self,
        number: u32,
        head: &str,
        data: &[u8],
    ) -> Result<(), ExtractError> {
        self.meter.unpack(data.len())?;
        let length = data.len();
        self.start(number);
        self.put(&format!("<<{head}/Length {length}>>\nstream\n"));
        self.out.extend_from_slice(data);
        self.put("\nendstream\nendobj\n");
        Ok(())
    }

    /// Copies a value with the objects that it refers to, without streams.
    pub(super) fn copy(&mut self, value: &Object<'f>, depth: usize) -> Result<(), ExtractError> {
        self.meter.unpack(8)?;
        match value {
            Object::Word(_) => match value.number::<f64>() {
                Some(number) => self.put(&format!(" {number}")),
                None => self.put(" null"),
            },
            Object::Name(name) => {
                self.out.push(b'/');
                self.out.extend_from_slice(name);
            }
            Object::Literal(bytes) => {
                // As digits, so that it cannot end early.
                self.put("<");
                for byte in literal(bytes) {
                    self.put(&format!("{byte:02x}"));
                }
                self.put(">");
            }
            Object::Hex(digits) => {
                self.out.push(b'<');
                self.out
                    .extend(digits.iter().filter(|it| it.is_ascii_hexdigit()));
                self.out.push(b'>');
            }
            Object::Array(_) | Object::Dict(_) if depth >= MAX_DEPTH => self.put(" null"),
            Object::Array(values) => {
                self.put("[");
                for value in values {
                    self.copy(value, depth + 1)?;
                }
                self.put("]");
            }
            Object::Dict(dict) => {
                self.put("<<");
                for (key, value) in dict.entries() {
                    self.out.push(b'/');
                    self.out.extend_from_slice(key);
                    self.copy(value, depth + 1)?;
                }
                self.put(">>");
            }
            Object::Reference(_) => match self.file.resolve(value, self.meter)? {
                Some(found) if found.data.is_none() && depth < MAX_DEPTH => {
                    self.copy(&found.object, depth + 1)?;
                }
                _ => self.put(" null"),
            },
        }
        Ok(())
    }

    /// Ends the file with an exact cross-reference table.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let start = self.out.len();
        let count = self.positions.len() + 1;
        self.put(&format!("xref\n0 {count}\n0000000000 65535 f \n"));
        for position in std::mem::take(&mut self.positions) {
            self.put(&format!("{position:010} 00000 n \n"));
        }
        self.put(&format!(
            "trailer\n<</Size {count}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n"
        ));
        self.out
    }
}

/// Adds formatted text.
pub(super) fn add(out: &mut String, text: fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a string takes any text");
}

/// The bytes of a literal string. Line breaks in it are kept.
fn literal(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            plain.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'n') => plain.push(b'\n'),
            Some(b'r') => plain.push(b'\r'),
            Some(b't') => plain.push(b'\t'),
            Some(digit @ b'0'..=b'7') => {
                let mut value = digit - b'0';
                for _ in 0..2 {
                    if let Some(digit) = rest.next_if(|it| matches!(it, b'0'..=b'7')) {
                        value = value.wrapping_mul(8).wrapping_add(digit - b'0');
                    }
                }
                plain.push(value);
            }
            Some(other) => plain.push(other),
            None => {}
        }
    }
    plain
}
