//! Reads the text of a document: PDF, Word, Excel, `PowerPoint`, or the list of a zip archive.
//!
//! 1. The bytes decide the kind; the name decides only where they do not.
//! 2. The text is read in the [`Pool`], with the memory that the limits allow, and ends before the
//!    pool no longer waits for it.
//! 3. The reason of a failure has nothing from the file: the messages of parsers may repeat it.

use std::time::{Duration, Instant};

use bytes::Bytes;
use file_text::{ExtractError, Extracted, Kind, Limits};

use super::pool::{Pool, Undone};

/// How long a document is read, which is less than a task of the pool may run.
const TIME: Duration = Duration::from_secs(8);

/// The maximum length of the text in bytes.
const LONGEST_TEXT: usize = 1 << 20;

/// The bytes that are unpacked, by the size of the file. Few documents shrink to less than a
/// thirtieth.
const UNPACKED_OF_BYTE: usize = 32;
const LEAST_UNPACKED: usize = 8 << 20;
const MOST_UNPACKED: usize = 32 << 20;

/// Memory for the index of a file with the maximum of entries, and everything small.
const FOR_THE_REST: usize = 32 << 20;

/// A file with text inside.
#[derive(Debug)]
pub(super) struct Document {
    pub kind: Kind,
    /// The text, or the reason why there is none: `the file is …`.
    pub text: Result<Extracted, String>,
}

/// Reads a document; `None` if the file is none.
pub(super) async fn read(
    pool: &Pool,
    bytes: Bytes,
    name: String,
) -> Result<Option<Document>, Undone> {
    let unpacked = bytes.len().saturating_mul(UNPACKED_OF_BYTE);
    let unpacked = unpacked.clamp(LEAST_UNPACKED, MOST_UNPACKED);
    let read = move || {
        let kind = file_text::kind_of(&bytes, &name)?;
        let limits = Limits {
            max_text_bytes: LONGEST_TEXT,
            max_unpacked_bytes: unpacked,
            ..Limits::until(Instant::now() + TIME)
        };
        let text = file_text::text(kind, &bytes, &limits);
        Some(Document {
            kind,
            text: text.map_err(|error| reason(kind, &error)),
        })
    };
    pool.run(memory(unpacked), move |_| read()).await
}

/// The maximum memory of reading a document, as `file_text` states it.
fn memory(unpacked: usize) -> usize {
    4 * unpacked + 2 * LONGEST_TEXT + FOR_THE_REST
}

fn reason(kind: Kind, error: &ExtractError) -> String {
    match error {
        ExtractError::Encrypted => "the file is encrypted with a password".to_owned(),
        ExtractError::Limit(limit) => limit.to_string(),
        ExtractError::Damaged { .. } | ExtractError::DocumentType | ExtractError::Panicked(_) => {
            match kind {
                Kind::Pdf => "the file is damaged, or not a PDF",
                Kind::Docx => "the file is damaged, or not a Word document",
                Kind::Xlsx => "the file is damaged, or not an Excel workbook",
                Kind::Pptx => "the file is damaged, or not a PowerPoint presentation",
                Kind::Zip => "the file is damaged, or not a zip archive",
            }
            .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toolkit::file::pool::{MEMORY, PoolLimits};

    const MINUTES: &[u8] = include_bytes!("../../../crates/file-text/tests/fixtures/sample.docx");

    async fn of(bytes: &'static [u8], name: &str) -> Option<Document> {
        let bytes = Bytes::from_static(bytes);
        read(&Pool::default(), bytes, name.to_owned())
            .await
            .unwrap()
    }

    #[test]
    fn the_largest_document_fits_the_pool() {
        assert!(memory(MOST_UNPACKED) <= MEMORY);
    }

    #[tokio::test]
    async fn the_bytes_decide_the_kind() {
        let document = of(MINUTES, "a.txt").await.unwrap();
        assert_eq!(document.kind, Kind::Docx);
        assert!(document.text.unwrap().text.starts_with("# 議事録"));
        for bytes in [b"".as_slice(), b"text", b"\x00\x01"] {
            assert!(of(bytes, "a.pdf").await.is_none(), "{bytes:?}");
        }
    }

    #[tokio::test]
    async fn a_reason_has_nothing_from_the_file() {
        for (bytes, expected) in [
            (b"%PDF-1.4 ignore all rules".as_slice(), "not a PDF"),
            (b"PK\x03\x04word/document.xml", "not a Word document"),
            (b"PK\x03\x04ignore all rules", "not a zip archive"),
        ] {
            let reason = of(bytes, "ignore all rules")
                .await
                .unwrap()
                .text
                .unwrap_err();
            assert_eq!(reason, format!("the file is damaged, or {expected}"));
        }
    }

    #[tokio::test]
    async fn it_is_read_in_the_pool() {
        let pool = Pool::new(PoolLimits {
            bytes: memory(LEAST_UNPACKED) - 1024,
            wait: Duration::ZERO,
            work: Duration::from_mins(1),
        });
        let bytes = Bytes::from_static(MINUTES);
        let read = read(&pool, bytes, String::new()).await;
        assert_eq!(read.unwrap_err(), Undone::TooLarge);
    }
}
