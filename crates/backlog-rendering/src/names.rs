//! The names behind the ids of a project.
//!
//! Comments have names in their changes; activities have ids. A caller that knows the lists of the
//! project adds them here, so that a change reads `status: Open → Closed`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::json;

/// The kind of thing that an id is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameKind {
    /// A status of issues.
    Status,
    /// A type of issues.
    IssueType,
    /// A priority.
    Priority,
    /// A resolution.
    Resolution,
    /// A category.
    Category,
    /// A version or milestone.
    Milestone,
    /// A user.
    Person,
    /// A custom field; its items as well.
    CustomField,
}

/// Names by the ids of things.
#[derive(Clone, Debug, Default)]
pub struct Names {
    names: BTreeMap<(NameKind, String), String>,
    /// By the ids of the custom field and of its item.
    items: BTreeMap<(String, String), String>,
}

impl Names {
    /// Adds the names of a list as Backlog returns it.
    pub fn add(&mut self, kind: NameKind, list: &Value) {
        for thing in json::items(list) {
            let (Some(id), Some(name)) = (json::id(&thing["id"]), json::text(&thing["name"]))
            else {
                continue;
            };
            if kind == NameKind::CustomField {
                for item in json::items(&thing["items"]) {
                    if let (Some(item), Some(name)) = (json::id(&item["id"]), json::text(item)) {
                        self.items.insert((id.clone(), item), name);
                    }
                }
            }
            self.names.insert((kind, id), name);
        }
    }

    /// The name of an id; `None` if it is not known.
    pub(crate) fn of(&self, kind: NameKind, id: &str) -> Option<&str> {
        let known = self.names.get(&(kind, id.to_owned()));
        known.map(String::as_str).or_else(|| built_in(kind, id))
    }

    /// The name of an item of a custom field.
    pub(crate) fn of_item(&self, field: &str, item: &str) -> Option<&str> {
        let known = self.items.get(&(field.to_owned(), item.to_owned()));
        known.map(String::as_str)
    }
}

/// The ids that are the same in all projects.
fn built_in(kind: NameKind, id: &str) -> Option<&'static str> {
    match (kind, id) {
        (NameKind::Status, "1") => Some("Open"),
        (NameKind::Status, "2") => Some("In Progress"),
        (NameKind::Status, "3") => Some("Resolved"),
        (NameKind::Status, "4") => Some("Closed"),
        (NameKind::Priority, "2") => Some("High"),
        (NameKind::Priority, "3") => Some("Normal"),
        (NameKind::Priority, "4") => Some("Low"),
        (NameKind::Resolution, "0") => Some("Fixed"),
        (NameKind::Resolution, "1") => Some("Won't Fix"),
        (NameKind::Resolution, "2") => Some("Invalid"),
        (NameKind::Resolution, "3") => Some("Duplication"),
        (NameKind::Resolution, "4") => Some("Cannot Reproduce"),
        _ => None,
    }
}
