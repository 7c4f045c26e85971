//! The file in the form of the page (`multipart/form-data`, RFC 7578).
//!
//! 1. The headers of the file are read; nothing else of the form is held in memory.
//! 2. The length of the file follows from that of the form, because the file is its only field.
//!    Backlog then gets a request with a length, which every proxy in between accepts.
//! 3. The bytes are passed on as they arrive. If the form does not end where it should, the length
//!    does not fit, and the request to Backlog fails.

use std::io;

use actix_web::web::{Bytes, BytesMut};
use futures_util::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use memchr::memmem;
use multer::{Constraints, Multipart};

use super::refusal::Refusal;
use crate::toolkit::file::name;

/// The name of the field.
const FIELD: &str = "file";
/// The end of the headers of a field.
const HEADERS_END: &[u8] = b"\r\n\r\n";
/// The maximum size of the headers of the file.
const MAX_HEADERS: usize = 8 << 10;
/// The characters of the last line besides the boundary: `\r\n--` before it, `--\r\n` after it.
const END: u64 = 8;

type Arriving = BoxStream<'static, io::Result<Bytes>>;

/// The file of a form.
pub(super) struct FormFile {
    pub name: String,
    /// `None` if the form has no announced length.
    pub length: Option<u64>,
    pub bytes: Arriving,
}

/// Reads a form up to the first byte of its file.
pub(super) async fn file(
    mut form: Arriving,
    boundary: String,
    length: Option<u64>,
) -> Result<FormFile, Refusal> {
    let mut head = BytesMut::new();
    let begins_at = loop {
        if let Some(end) = memmem::find(&head, HEADERS_END) {
            break end + HEADERS_END.len();
        }
        if head.len() > MAX_HEADERS {
            return Err(Refusal::NoFile);
        }
        match form.next().await {
            Some(Ok(bytes)) => head.extend_from_slice(&bytes),
            Some(Err(_)) => return Err(Refusal::Incomplete),
            None => return Err(Refusal::NoFile),
        }
    };
    let around = begins_at as u64 + boundary.len() as u64 + END;
    let length = match length.map(|length| length.checked_sub(around)) {
        Some(None) => return Err(Refusal::NoFile),
        Some(length) => length,
        None => None,
    };
    let read = stream::once(async move { Ok(head.freeze()) });
    let constraints = Constraints::new().allowed_fields(vec![FIELD]);
    let mut form = Multipart::with_constraints(read.chain(form), boundary, constraints);
    let field = form.next_field().await.map_err(|_| Refusal::NoFile)?;
    let field = field.ok_or(Refusal::NoFile)?;
    let given = field.file_name().unwrap_or_default();
    // A browser without a chosen file sends an empty name.
    let given = given.rsplit(['/', '\\']).next().unwrap_or_default();
    if !name::is_for_a_link(given) {
        return Err(Refusal::NoFile);
    }
    Ok(FormFile {
        name: given.to_owned(),
        length,
        bytes: field.map_err(io::Error::other).boxed(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOUNDARY: &str = "----WebKitFormBoundaryx";

    fn form(name: &str, file_name: &str, content: &[u8]) -> Vec<u8> {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; \
             filename=\"{file_name}\"\r\nContent-Type: application/pdf\r\n\r\n"
        );
        let end = format!("\r\n--{BOUNDARY}--\r\n");
        [head.as_bytes(), content, end.as_bytes()].concat()
    }

    fn in_parts(form: &[u8], size: usize) -> Arriving {
        let parts: Vec<_> = form
            .chunks(size)
            .map(|part| Ok(Bytes::copy_from_slice(part)))
            .collect();
        stream::iter(parts).boxed()
    }

    async fn read(form: &[u8], size: usize) -> Result<(String, Option<u64>, Vec<u8>), Refusal> {
        let length = Some(form.len() as u64);
        let file = file(in_parts(form, size), BOUNDARY.to_owned(), length).await?;
        let bytes: Vec<Bytes> = file.bytes.try_collect().await.expect("bytes");
        Ok((file.name, file.length, bytes.concat()))
    }

    #[tokio::test]
    async fn a_form_without_a_file_is_refused() {
        for form in [
            form("file", "", b""),
            form("other", "a.txt", b"a"),
            form("file", "..", b"a"),
            b"--x".to_vec(),
            Vec::new(),
            vec![b'a'; 3 * MAX_HEADERS],
        ] {
            let refused = read(&form, 100).await.expect_err("a refusal");
            assert!(matches!(refused, Refusal::NoFile), "{refused:?}");
        }
    }

    #[tokio::test]
    async fn a_name_loses_its_directories() {
        for (given, expected) in [
            ("C:\\Users\\taro\\報告.pdf", "報告.pdf"),
            ("/etc/passwd", "passwd"),
            ("a b.pdf", "a b.pdf"),
        ] {
            let (name, ..) = read(&form("file", given, b"a"), 100).await.expect(given);
            assert_eq!(name, expected);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn the_bytes_and_their_number_are_those_of_the_file(
            content in proptest::collection::vec(
                prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'-'), any::<u8>()], 0..2_000),
            size in 1_usize..300,
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let form = form("file", "a.pdf", &content);
            let (name, length, bytes) = runtime.block_on(read(&form, size)).expect("a file");
            prop_assert_eq!(name, "a.pdf");
            prop_assert_eq!(length, Some(content.len() as u64));
            prop_assert_eq!(bytes, content);
        }
    }
}
