//! Findings while the values of a call are read, and the notes about them.

use rmcp::model::JsonObject;
use serde_json::Value;

use super::{inputs::Notes, link::Link};
use crate::toolkit::quoted::quoted;

const CUSTOM_FIELDS: &str = "customFields";
/// The maximum number of inputs that a text lists.
const MAX_LISTED: usize = 8;

/// The findings while the values of a call were read.
#[derive(Default)]
pub(super) struct Found {
    pub removed: Vec<String>,
    pub ignored: Vec<String>,
    pub problems: Vec<String>,
    /// The URLs in the arguments, with their inputs.
    pub links: Vec<(String, Link)>,
}

impl Found {
    /// Records removed custom fields; one input may have several.
    pub(super) fn note_removed_fields(&mut self, name: &str, value: &Value) {
        if name != CUSTOM_FIELDS {
            return;
        }
        let fields = value.as_array().into_iter().flatten();
        let removed = fields.filter(|field| is_removed(field));
        let removed = removed.map(|field| match &field["id"] {
            Value::String(name) => format!("custom field {}", quoted(name)),
            id => format!("custom field {id}"),
        });
        self.removed.extend(removed);
    }

    /// Writes what was changed, removed or ignored. `full` is the advice for a call that gives
    /// every input.
    pub(super) fn into_note(
        self,
        arguments: &JsonObject,
        is_change: impl Fn(&str) -> bool,
        full: Option<String>,
    ) -> Notes {
        let (removed, ignored) = (self.removed, self.ignored);
        if removed.is_empty() && ignored.is_empty() {
            return Notes::new();
        }
        let changed = arguments
            .iter()
            .filter(|(name, value)| !removed.contains(name) && !removes_all(name, value))
            .map(|(name, _)| name)
            .filter(|name| is_change(name));
        let changed: Vec<_> = changed.cloned().collect();
        let mut note = Vec::new();
        for (what, names) in [("Changed", changed), ("Removed", removed)] {
            if !names.is_empty() {
                note.push(format!("{what}: {}.", listed(&names)));
            }
        }
        if !ignored.is_empty() {
            note.push(match full {
                Some(advice) => format!(
                    "Inputs that are empty or 0 were ignored, because the call gives every \
                     input: {}.{advice}",
                    some_of(&ignored)
                ),
                None => format!("Ignored, because empty: {}.", listed(&ignored)),
            });
        }
        vec![note.join(" ")]
    }
}

fn is_removed(field: &Value) -> bool {
    field["value"] == ""
}

/// Whether an input removes the values of all the custom fields in it.
fn removes_all(name: &str, value: &Value) -> bool {
    let fields = value.as_array().filter(|_| name == CUSTOM_FIELDS);
    fields.is_some_and(|fields| fields.iter().all(is_removed))
}

fn listed(names: &[String]) -> String {
    names.join(", ")
}

/// Lists the first names, and how many more there are.
pub(super) fn some_of(names: &[String]) -> String {
    match names.split_at_checked(MAX_LISTED) {
        Some((shown, more)) if !more.is_empty() => {
            format!("{} and {} more", listed(shown), more.len())
        }
        _ => listed(names),
    }
}

/// Explains how to remove the values of inputs.
pub(super) fn advice(removable: &[String]) -> String {
    match &removable[..removable.len().min(MAX_LISTED)] {
        [] => String::new(),
        [only] => format!(" To remove {only}, give \"none\"."),
        [others @ .., last] => {
            format!(" To remove {} or {last}, give \"none\".", listed(others))
        }
    }
}
