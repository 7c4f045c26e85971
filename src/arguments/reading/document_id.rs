//! The ids of documents, which are texts.

use std::borrow::Cow;

/// Whether a text may be the id of a document.
pub(super) fn is_valid(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Normalizes the id of a document to Backlog's form: lowercase, without hyphens.
pub(super) fn normalized(id: &str) -> Cow<'_, str> {
    let bare = match id.len() {
        36 if id.split('-').map(str::len).eq([8, 4, 4, 4, 12]) => Cow::Owned(id.replace('-', "")),
        _ => Cow::Borrowed(id),
    };
    let is_hex = bare.len() == 32 && bare.bytes().all(|byte| byte.is_ascii_hexdigit());
    match is_hex {
        true => bare.to_ascii_lowercase().into(),
        false => id.into(),
    }
}
