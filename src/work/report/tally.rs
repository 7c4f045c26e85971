//! Numbers by user.

use std::collections::BTreeMap;

use backlog_rendering::Renderer;
use serde_json::Value;

/// The name under which issues without an assignee are counted.
pub(super) const NOBODY: &str = "nobody";

/// Values by the id of a user, with the name of each.
#[derive(Debug)]
pub(super) struct Tally<T> {
    users: BTreeMap<i64, (String, T)>,
}

impl<T> Default for Tally<T> {
    fn default() -> Self {
        Self {
            users: BTreeMap::new(),
        }
    }
}

impl<T: Default> Tally<T> {
    /// The value of a user, or of nobody if the user is `null`.
    pub(crate) fn of(&mut self, user: &Value, renderer: &Renderer) -> &mut T {
        let name = renderer.person(user).unwrap_or_else(|| NOBODY.to_owned());
        self.named(user["id"].as_i64().unwrap_or_default(), name)
    }

    pub(crate) fn named(&mut self, id: i64, name: String) -> &mut T {
        &mut self
            .users
            .entry(id)
            .or_insert_with(|| (name, T::default()))
            .1
    }

    /// The names with their values.
    pub(crate) fn into_rows(self) -> Vec<(String, T)> {
        self.users.into_values().collect()
    }

    pub(crate) fn has(&self, id: i64) -> bool {
        self.users.contains_key(&id)
    }
}

/// Writes hours with at most two decimals: `3.25`, `8`.
pub(super) fn hours(hours: f64) -> String {
    let text = format!("{hours:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text {
        "-0" | "" => "0".to_owned(),
        text => text.to_owned(),
    }
}

/// Writes the names with their numbers, the largest number first.
pub(super) fn ranked(tally: Tally<usize>) -> String {
    let mut rows = tally.into_rows();
    rows.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(name, number)| format!("{name} {number}"))
        .collect();
    rows.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_have_no_needless_digits() {
        for (number, expected) in [
            (0.0, "0"),
            (-0.001, "0"),
            (3.25, "3.25"),
            (8.0, "8"),
            (10.0, "10"),
            (1.0 / 3.0, "0.33"),
        ] {
            assert_eq!(hours(number), expected);
        }
    }
}
