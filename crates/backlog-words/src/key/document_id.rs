//! Reads the id of a document.

use super::bare::bare;
use crate::{error::Unexpected, text::clean};

const EXPECTED: &str = "a document id of 32 hexadecimal digits";

/// Reads the id of a document, with hyphens or without, in Backlog's form.
///
/// # Errors
/// The text is no such id.
pub fn document(text: &str) -> Result<String, Unexpected> {
    let id = clean(text).map(|text| without_hyphens(bare(&text)).to_ascii_lowercase());
    let is_id = |id: &String| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    id.filter(is_id)
        .ok_or_else(|| Unexpected::new(EXPECTED, text))
}

/// Removes the hyphens of a UUID.
pub(crate) fn without_hyphens(id: &str) -> String {
    match id.split('-').map(str::len).eq([8, 4, 4, 4, 12]) {
        true => id.replace('-', ""),
        false => id.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_32_hexadecimal_digits() {
        for text in [
            "0199c5d07a1e7f0b9d3f5a6b7c8d9e01",
            "0199C5D0-7A1E-7F0B-9D3F-5A6B7C8D9E01",
            " `0199c5d07a1e7f0b9d3f5a6b7c8d9e01`",
        ] {
            let id = document(text).unwrap();
            assert_eq!(id, "0199c5d07a1e7f0b9d3f5a6b7c8d9e01", "{text}");
        }
        for text in [
            "",
            "0199c5d0",
            "0199c5d07a1e7f0b9d3f5a6b7c8d9e0x",
            "HARBOR-1",
        ] {
            assert!(document(text).is_err(), "{text}");
        }
    }
}
