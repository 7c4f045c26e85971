//! Recognizes the format of a file.

use std::panic::catch_unwind;

use memchr::memmem;

use crate::{archive::Archive, encryption::is_encrypted};

/// How far into a file the header of a PDF may be.
const PDF_HEADER: usize = 1024;

/// A format that has text inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A PDF document.
    Pdf,
    /// A Word document.
    Docx,
    /// An Excel workbook, with or without macros.
    Xlsx,
    /// A `PowerPoint` presentation.
    Pptx,
    /// Any other zip archive, of which the entries are listed.
    Zip,
}

impl Kind {
    /// The name of the format, as in `a Word file`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pdf => "PDF",
            Self::Docx => "Word",
            Self::Xlsx => "Excel",
            Self::Pptx => "PowerPoint",
            Self::Zip => "zip",
        }
    }

    /// The parts that a file of the format is made of, if they are counted.
    pub const fn parts(self) -> Option<&'static str> {
        match self {
            Self::Pdf => Some("pages"),
            Self::Docx => None,
            Self::Xlsx => Some("sheets"),
            Self::Pptx => Some("slides"),
            Self::Zip => Some("entries"),
        }
    }

    /// The media type of the format.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Pptx => {
                "application/vnd.openxmlformats-officedocument.presentationml.presentation"
            }
            Self::Zip => "application/zip",
        }
    }
}

/// Recognizes a file by its content. The name decides only where the content does not.
pub fn kind_of(bytes: &[u8], name: &str) -> Option<Kind> {
    let head = &bytes[..bytes.len().min(PDF_HEADER)];
    if memmem::find(head, b"%PDF-").is_some() {
        return Some(Kind::Pdf);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Some(catch_unwind(|| of_archive(bytes, name)).unwrap_or(Kind::Zip));
    }
    is_encrypted(bytes).then(|| by_name(name))?
}

/// The kind of a zip archive: of an office document, if it has its main part.
fn of_archive(bytes: &[u8], name: &str) -> Kind {
    let parts = [
        ("word/document.xml", Kind::Docx),
        ("xl/workbook.xml", Kind::Xlsx),
        ("ppt/presentation.xml", Kind::Pptx),
    ];
    // The name of an entry occurs in the bytes as it is. Most archives are ruled out by that.
    let finds = |part: &str| memmem::find(bytes, part.as_bytes()).is_some();
    let mut found = parts.iter().filter(|(part, _)| finds(part)).peekable();
    if found.peek().is_none() {
        return Kind::Zip;
    }
    let found: Vec<_> = match Archive::open_any(bytes) {
        Ok(archive) => found.filter(|(part, _)| archive.has(part)).collect(),
        // A damaged file is reported as such by its reader.
        Err(_) => found.collect(),
    };
    let named = by_name(name).filter(|kind| found.iter().any(|(_, it)| it == kind));
    let first = found.first().map_or(Kind::Zip, |(_, kind)| *kind);
    named.unwrap_or(first)
}

fn by_name(name: &str) -> Option<Kind> {
    let (_, extension) = name.rsplit_once('.')?;
    match extension.to_ascii_lowercase().as_str() {
        "docx" | "docm" | "dotx" => Some(Kind::Docx),
        "xlsx" | "xlsm" | "xltx" => Some(Kind::Xlsx),
        "pptx" | "pptm" | "ppsx" => Some(Kind::Pptx),
        _ => None,
    }
}
