//! Ids that are given as texts.

use crate::arguments::reading::text::{clean, digits};

/// Parses a text of digits as an id.
pub(super) fn id_of(text: &str) -> Option<i64> {
    clean(text).and_then(|text| digits(&text))
}
