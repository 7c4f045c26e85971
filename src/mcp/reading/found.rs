//! What was found while the values of a call were read, and what its result says of it.

use rmcp::model::JsonObject;
use serde_json::Value;

use super::Notes;
use crate::mcp::names;

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
        if name != "customFields" {
            return;
        }
        let fields = value.as_array().into_iter().flatten();
        let removed = fields.filter(|field| field["value"] == "");
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
            .keys()
            .filter(|name| is_change(name) && !removed.contains(name));
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

pub(super) fn listed(names: &[String]) -> String {
    names.join(", ")
}
