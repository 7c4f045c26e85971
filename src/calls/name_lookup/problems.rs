//! Explains why a text does not identify exactly one entry.

use super::{
    entry::{self, Entry},
    known::Known,
};
use crate::toolkit::{name_kind::NameKind, quoted::quoted};

/// Reports that a text of digits is the id of one entry and the name of another.
pub(super) fn either(text: &str, by_id: &Entry, by_name: &Entry) -> String {
    let text = quoted(text);
    let ids = (by_id.id, by_name.id);
    format!(
        "{text} is the id of {by_id} and the name of {by_name}; give \"id:{}\" or \"id:{}\"",
        ids.0, ids.1
    )
}

/// Reports that several entries have a name.
pub(super) fn ambiguous(text: &str, found: &[&Entry]) -> String {
    let candidates = entry::candidates(found.iter().copied(), text);
    let text = quoted(text);
    format!("{text} is ambiguous: {candidates}; give the id of one")
}

/// Reports that no entry of the loaded lists has a name.
pub(super) fn unknown(kind: NameKind, text: &str, known: &Known<'_>) -> String {
    let lists = known.of(kind, text);
    let entries = lists.iter().flat_map(|list| list.entries.iter());
    let candidates = entry::candidates(entries, text);
    let scope = match (kind.of_project(), known.scope.projects.len()) {
        (None, _) | (_, 0) => "",
        (_, 1) => " in the project",
        _ => " in these projects",
    };
    let (noun, text) = (kind.noun(), quoted(text));
    match candidates.as_str() {
        "" => format!("unknown {noun} {text}{scope}; none exist"),
        _ => format!("unknown {noun} {text}{scope}; available: {candidates}"),
    }
}
