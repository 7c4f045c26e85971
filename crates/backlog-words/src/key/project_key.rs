//! Reads the key of a project.

use super::bare::bare;
use crate::{error::Unexpected, text::clean};

const EXPECTED: &str = "a project key such as PROJ";

/// Reads the key of a project: `harbor`, `ＨＡＲＢＯＲ`, `[HARBOR]` are `HARBOR`.
///
/// # Errors
/// The text is no key; it may be the name of a project.
pub fn project(text: &str) -> Result<String, Unexpected> {
    let key = clean(text).map(|text| bare(&text).to_ascii_uppercase());
    key.filter(|key| is_project(key))
        .ok_or_else(|| Unexpected::new(EXPECTED, text))
}

/// Whether a text is a project key as Backlog writes it.
pub fn is_project(text: &str) -> bool {
    let sign = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    !text.is_empty() && text.len() <= 64 && text.bytes().all(sign)
}
