//! What was found while the values of a call were read, and what its result says of it.

use rmcp::model::JsonObject;
use serde_json::Value;

use super::Notes;
use crate::mcp::names;

const CUSTOM_FIELDS: &str = "customFields";

/// What was found while the values were read.
#[derive(Default)]
pub(super) struct Found {
    pub removed: Vec<String>,
    pub ignored: Vec<String>,
    pub problems: Vec<String>,
}

impl Found {
    /// A custom field is one of several in its input.
    pub fn note_removed_fields(&mut self, name: &str, value: &Value) {
        if name != CUSTOM_FIELDS {
            return;
        }
        let fields = value.as_array().into_iter().flatten();
        let removed = fields.filter(|field| is_removed(field));
        let removed = removed.map(|field| match &field["id"] {
            Value::String(name) => format!("custom field {}", names::quoted(name)),
            id => format!("custom field {id}"),
        });
        self.removed.extend(removed);
    }

    /// What was removed or ignored, beside what was changed.
    pub fn into_note(
        self,
        arguments: &JsonObject,
        is_change: impl Fn(&str) -> bool,
        is_full: bool,
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
            note.push(match is_full {
                true => "Inputs that are empty were ignored, because the call names every input; \
                         none removes a value."
                    .to_owned(),
                false => format!("Ignored, because empty: {}.", listed(&ignored)),
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

pub(super) fn listed(names: &[String]) -> String {
    names.join(", ")
}
