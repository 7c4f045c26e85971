//! The columns of the table, and as many lines as an answer may have.

use std::fmt::Write;

use backlog_rendering::{Column, Renderer, inline};
use serde_json::Value;

use crate::{
    toolkit::{tokens::Counter, work::WorkError},
    work::issue_filter::Found,
};

/// The tokens of an answer that are left for all but the table.
const REST: usize = 1000;
/// Other names of columns.
const ALIASES: [(&str, &str); 12] = [
    ("issuekey", "key"),
    ("title", "summary"),
    ("duedate", "due"),
    ("issuetype", "type"),
    ("milestones", "milestone"),
    ("categories", "category"),
    ("createduser", "creator"),
    ("reporter", "creator"),
    ("estimatedhours", "hours"),
    ("actualhours", "hours"),
    ("planned", "hours"),
    ("spent", "hours"),
];
const KNOWN: &str = "key, summary, status, assignee, due, priority, type, milestone, category, \
                     creator, created, updated, hours";

/// The columns of a table.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    list: Vec<Column>,
    /// Whether the day of the closing and the user follow.
    has_closing: bool,
}

/// A table that fits in an answer.
#[derive(Debug)]
pub(super) struct Fitting {
    pub table: String,
    /// The number of its issues.
    pub number: usize,
}

impl Columns {
    pub(crate) fn read(names: Option<&[String]>, has_closing: bool) -> Self {
        let named = |name: &String| {
            let plain: String = name.to_lowercase().split(['_', ' ']).collect();
            let alias = ALIASES.iter().find(|(other, _)| *other == plain);
            Column::named(alias.map_or(name.as_str(), |(_, column)| column))
        };
        let mut list: Vec<Column> = Vec::new();
        for column in names.unwrap_or_default().iter().map(named) {
            if !list.contains(&column) {
                list.push(column);
            }
        }
        if list.is_empty() {
            list = Column::DEFAULT.to_vec();
        }
        if !list.contains(&Column::Key) {
            list.insert(0, Column::Key);
        }
        Self { list, has_closing }
    }

    /// Checks that the issues have the custom fields.
    ///
    /// # Errors
    /// A column is neither known nor a custom field of one of the issues.
    pub(crate) fn check(&self, issues: &[Value]) -> Result<(), WorkError> {
        if issues.is_empty() {
            return Ok(());
        }
        let fields = issues
            .iter()
            .filter_map(|issue| issue["customFields"].as_array());
        let names = fields.flatten().filter_map(|field| field["name"].as_str());
        let names: std::collections::BTreeSet<_> = names.collect();
        for column in &self.list {
            let Column::Field(wanted) = column else {
                continue;
            };
            let lower = wanted.to_lowercase();
            if names.iter().any(|name| name.to_lowercase() == lower) {
                continue;
            }
            let shown: Vec<_> = names
                .iter()
                .take(10)
                .map(|name| inline::line(name))
                .collect();
            let fields = match shown.is_empty() {
                true => "these issues have no custom fields".to_owned(),
                false => format!("custom fields: {}", shown.join(", ")),
            };
            return Err(WorkError::Arguments(format!(
                "columns: unknown column {wanted:?}; available: {KNOWN}; {fields}"
            )));
        }
        Ok(())
    }

    /// Writes the table of as many issues as fit in an answer.
    pub(crate) fn fitting(&self, renderer: &Renderer, found: &Found, max_tokens: usize) -> Fitting {
        let head = renderer.issue_table(&[], &self.list);
        let mut writer = Writer::new(max_tokens);
        writer.add(&self.head(&head));
        let mut number = 0;
        for issue in &found.issues {
            let line = self.line(renderer, found, issue);
            // The first line is written in any case, so that the next offset is another one.
            if number == 0 {
                writer.add(&line);
            } else if !writer.add_if_fits(&line) {
                break;
            }
            number += 1;
        }
        Fitting {
            table: writer.text,
            number,
        }
    }

    /// Writes the head of a further table.
    pub(crate) fn lines_head(&self, renderer: &Renderer) -> String {
        self.head(&renderer.issue_lines(&[], &self.list))
    }

    fn head(&self, head: &str) -> String {
        if !self.has_closing {
            return head.to_owned();
        }
        let mut lines: Vec<_> = head.lines().map(str::to_owned).collect();
        if let [.., names, rule] = lines.as_mut_slice() {
            names.push_str(" closed | by |");
            rule.push_str("---|---|");
        }
        lines.join("\n") + "\n"
    }

    pub(crate) fn line(&self, renderer: &Renderer, found: &Found, issue: &Value) -> String {
        let mut line = renderer.issue_line(issue, &self.list);
        if self.has_closing {
            let id = issue["id"].as_i64().unwrap_or_default();
            let closing = found.closings.get(&id);
            let at =
                closing.and_then(|closing| renderer.moment(&Value::from(closing.at.to_rfc3339())));
            let by = closing.map(|closing| inline::line(&closing.name));
            let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
            let _ = write!(line, " {} | {} |", or_dash(at), or_dash(by));
        }
        line.push('\n');
        line
    }
}

/// Writes an answer up to its maximum.
#[derive(Debug)]
pub(super) struct Writer {
    pub text: String,
    counter: Counter,
    max_tokens: usize,
}

impl Writer {
    pub(crate) fn new(max_tokens: usize) -> Self {
        Self {
            text: String::new(),
            counter: Counter::default(),
            max_tokens: max_tokens.saturating_sub(REST),
        }
    }

    pub(crate) fn add(&mut self, text: &str) {
        self.counter.push_str(text);
        self.text.push_str(text);
    }

    /// Adds a text unless the answer would be too long.
    pub(crate) fn add_if_fits(&mut self, text: &str) -> bool {
        let mut counter = self.counter.clone();
        counter.push_str(text);
        let fits = counter.total() <= self.max_tokens;
        if fits {
            self.counter = counter;
            self.text.push_str(text);
        }
        fits
    }
}
