//! Turns the bytes of an untrusted file into text that a language model can read.
//!
//! 1. [`kind_of`] recognizes the format by its content; the name only breaks ties.
//! 2. [`text`] reads it as Markdown: a heading for each page, sheet or slide, and tables.
//! 3. The [`Limits`] end the work early. The text so far is returned, marked as incomplete.
//!
//! Every byte may be hostile. Archives and streams are unpacked through one meter, XML with a
//! document type is rejected, macros are never read, nesting is limited, and a panic of a parser
//! is an error. The work is CPU-bound: call it outside of async workers.

#![warn(missing_docs)]
#![forbid(unsafe_code)]

use std::panic::{self, AssertUnwindSafe};

mod archive;
mod docx;
mod encryption;
mod error;
mod extracted;
mod kind;
mod limits;
mod listing;
mod markdown;
mod pdf;
mod pptx;
mod relationships;
mod xlsx;
mod xml;

use self::{limits::Meter, markdown::Markdown};

pub use self::{
    error::{ExtractError, LimitReached},
    extracted::Extracted,
    kind::{Kind, kind_of},
    limits::Limits,
};

/// Reads the text of a file of this kind.
///
/// The memory that it uses besides `bytes` is at most about four times
/// [`Limits::max_unpacked_bytes`], twice [`Limits::max_text_bytes`] and 8 MiB; the index of an
/// archive or a PDF with the maximum of entries takes up to 24 MiB more.
pub fn text(kind: Kind, bytes: &[u8], limits: &Limits) -> Result<Extracted, ExtractError> {
    let meter = Meter::new(*limits);
    let mut out = Markdown::new(limits.max_text_bytes);
    // The output is used afterwards only if the reader returned.
    let read = panic::catch_unwind(AssertUnwindSafe(|| match kind {
        Kind::Docx => docx::read(bytes, &meter, &mut out),
        Kind::Pdf => pdf::read(bytes, &meter, &mut out),
        Kind::Pptx => pptx::read(bytes, &meter, &mut out),
        Kind::Xlsx => xlsx::read(bytes, &meter, &mut out),
        Kind::Zip => listing::read(bytes, &meter, &mut out),
    }));
    let read = read.unwrap_or_else(|payload| Err(ExtractError::panicked(&*payload)));
    match read {
        Ok(()) => Ok(out.finish()),
        // A limit cuts the text short; without any text, it is the reason of the failure.
        Err(ExtractError::Limit(limit)) if !out.is_empty() => {
            out.note(format!("The text is cut: {limit}."));
            out.mark_incomplete();
            Ok(out.finish())
        }
        Err(error) => Err(error),
    }
}
