//! Reads what results show.

use std::collections::BTreeSet;

use serde_json::Value;

/// The name of a thing. A concise result has the name in its place.
pub(super) fn name(value: &Value) -> &str {
    let name = value.as_str().or_else(|| value["name"].as_str());
    name.unwrap_or_default()
}

/// The day of a date or a moment.
pub(super) fn day(value: &Value) -> &str {
    let text = value.as_str().unwrap_or_default();
    text.get(..10).unwrap_or_default()
}

pub(super) fn is_open(issue: &Value) -> bool {
    !is_closed(name(&issue["status"]))
}

/// Whether a status, by name or id, is the last one of every project.
pub(super) fn is_closed(status: &str) -> bool {
    ["Closed", "完了", "4"].contains(&status)
}

/// The keys of issues, sorted.
pub(super) fn keys<'a>(issues: impl IntoIterator<Item = &'a Value>) -> Value {
    let keys = issues
        .into_iter()
        .filter_map(|issue| issue["issueKey"].as_str());
    keys.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The cells of the lines of a table, without its head.
pub(super) fn rows(text: &str) -> Vec<Vec<&str>> {
    let lines: Vec<_> = text.lines().collect();
    let is_rule = |line: &str| line.starts_with("|--") || line.starts_with("| --");
    let mut rows = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        let is_head = lines.get(place + 1).is_some_and(|next| is_rule(next));
        if line.starts_with('|') && !is_rule(line) && !is_head {
            let cells = line.trim_matches('|').split('|');
            rows.push(cells.map(str::trim).collect());
        }
    }
    rows
}

/// The keys in the first cells of tables, sorted.
pub(super) fn keys_of_rows(text: &str) -> Value {
    let rows = rows(text);
    let keys: BTreeSet<_> = rows.iter().filter_map(|row| key(row.first()?)).collect();
    keys.into_iter().collect()
}

/// The first key in a text, such as of a cell with a link.
pub(super) fn key(text: &str) -> Option<&str> {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
    let mut words = text.split(|c: char| !is_part(c));
    words.find(|word| {
        let parts = word.split_once('-');
        parts.is_some_and(|(project, number)| {
            project.starts_with(|c: char| c.is_ascii_uppercase()) && number.parse::<u32>().is_ok()
        })
    })
}

/// The number before a word in a text.
pub(super) fn number_before(text: &str, word: &str) -> Option<u64> {
    let (before, _) = text.split_once(word)?;
    before.split_whitespace().last()?.parse().ok()
}
