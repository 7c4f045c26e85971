//! The order of issues. Those without a due date are the last ones in either direction.

use std::cmp::{Ordering, Reverse};

use backlog_rendering::Renderer;
use serde_json::Value;

use crate::toolkit::work::WorkError;

/// The field by which issues are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SortKey {
    Due,
    Updated,
    Created,
    /// The highest one first.
    Priority,
}

/// The order of issues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sort {
    pub key: SortKey,
    pub is_descending: bool,
}

const KEYS: [(&str, SortKey); 7] = [
    ("due", SortKey::Due),
    ("duedate", SortKey::Due),
    ("updated", SortKey::Updated),
    ("created", SortKey::Created),
    ("priority", SortKey::Priority),
    ("期限", SortKey::Due),
    ("優先度", SortKey::Priority),
];

impl Sort {
    /// The last changed first.
    pub(crate) const NEWEST: Self = Self {
        key: SortKey::Updated,
        is_descending: true,
    };
    /// The first due first.
    pub(crate) const DUE: Self = Self {
        key: SortKey::Due,
        is_descending: false,
    };

    /// Reads `due`, `-updated`, `created desc`.
    ///
    /// # Errors
    /// The text is none of these.
    pub(crate) fn read(text: &str) -> Result<Self, WorkError> {
        let plain = text.trim().to_lowercase();
        let (sign, name) = match plain.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, plain.trim_start_matches('+')),
        };
        let (name, word) = name
            .trim()
            .split_once([' ', ':'])
            .map_or((name.trim(), ""), |(name, word)| (name, word.trim()));
        let name: String = name.chars().filter(|sign| *sign != '_').collect();
        let is_descending = match word {
            "" | "asc" | "ascending" => sign,
            "desc" | "descending" => true,
            _ => return Err(unknown(text)),
        };
        let key = KEYS.iter().find(|(word, _)| *word == name);
        let (_, key) = key.ok_or_else(|| unknown(text))?;
        Ok(Self {
            key: *key,
            is_descending,
        })
    }

    /// The value of Backlog's `sort`.
    pub(super) fn field(self) -> &'static str {
        match self.key {
            SortKey::Due => "dueDate",
            SortKey::Updated => "updated",
            SortKey::Created => "created",
            SortKey::Priority => "priority",
        }
    }

    /// The value of Backlog's `order`.
    pub(super) fn order(self) -> &'static str {
        if self.is_descending { "desc" } else { "asc" }
    }

    /// Sorts issues as Backlog returns them.
    pub(crate) fn sort(self, issues: &mut [Value], renderer: &Renderer) {
        issues.sort_by_cached_key(|issue| Place {
            value: self.value(issue, renderer),
            is_descending: self.is_descending,
            updated: Reverse(text(&issue["updated"])),
            id: issue["id"].as_i64(),
        });
    }

    fn value(self, issue: &Value, renderer: &Renderer) -> Option<String> {
        match self.key {
            SortKey::Due => renderer.day(&issue["dueDate"]),
            SortKey::Updated => Some(text(&issue["updated"])),
            SortKey::Created => Some(text(&issue["created"])),
            // The ids have one digit, and the highest priority has the lowest one.
            SortKey::Priority => issue["priority"]["id"].as_i64().map(|id| id.to_string()),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn unknown(text: &str) -> WorkError {
    let shown: String = text.chars().take(40).collect();
    WorkError::Arguments(format!(
        "sort: expected due, updated, created or priority, with - before it for descending, \
         received {shown:?}"
    ))
}

#[derive(PartialEq, Eq)]
struct Place {
    value: Option<String>,
    is_descending: bool,
    updated: Reverse<String>,
    id: Option<i64>,
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_value = match (&self.value, &other.value) {
            (Some(one), Some(two)) if self.is_descending => two.cmp(one),
            (Some(one), Some(two)) => one.cmp(two),
            (one, two) => one.is_none().cmp(&two.is_none()),
        };
        by_value
            .then_with(|| self.updated.cmp(&other.updated))
            .then_with(|| self.id.cmp(&other.id))
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_order_is_read() {
        for (text, key, is_descending) in [
            ("due", SortKey::Due, false),
            ("-updated", SortKey::Updated, true),
            ("Created desc", SortKey::Created, true),
            ("due_date:asc", SortKey::Due, false),
            ("dueDate", SortKey::Due, false),
            ("- priority", SortKey::Priority, true),
            ("期限", SortKey::Due, false),
        ] {
            let sort = Sort::read(text).unwrap();
            assert_eq!(
                (sort.key, sort.is_descending),
                (key, is_descending),
                "{text}"
            );
        }
        for text in ["", "-", "status", "due up", "due,created"] {
            assert!(Sort::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn issues_without_a_due_date_are_last() {
        let renderer = Renderer::new("https://acme.backlog.com", Tz::Asia__Tokyo);
        let issue = |id: i64, due: Value, updated: &str| json!({"id": id, "dueDate": due, "updated": updated});
        let issues = [
            issue(1, Value::Null, "2026-11-01T00:00:00Z"),
            issue(2, "2026-12-02T00:00:00Z".into(), "2026-11-01T00:00:00Z"),
            issue(3, "2026-12-01T15:00:00Z".into(), "2026-11-02T00:00:00Z"),
            issue(4, "2026-12-01T00:00:00Z".into(), "2026-11-01T00:00:00Z"),
        ];
        for (text, expected) in [("due", [4, 3, 2, 1]), ("-due", [3, 2, 4, 1])] {
            let mut sorted = issues.to_vec();
            Sort::read(text).unwrap().sort(&mut sorted, &renderer);
            let ids: Vec<_> = sorted
                .iter()
                .filter_map(|issue| issue["id"].as_i64())
                .collect();
            assert_eq!(ids, expected, "{text}");
        }
    }
}
