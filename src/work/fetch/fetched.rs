//! A thing as it was read from Backlog.

use backlog_rendering::{Markdown, Part};
use serde_json::Value;

use crate::work::reference::{Item, Options};

/// A thing as it was read.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub item: Item,
    /// The options of the call.
    pub options: Options,
    /// The id that the comments of all parts are older than, so that a new one moves nothing.
    pub pinned_before: Option<i64>,
    pub title: String,
    pub url: String,
    /// A line before the page.
    pub lead: Option<String>,
    pub page: Markdown,
    /// The part to return, where Backlog returned only that.
    pub part: Option<Part>,
    /// Facts for the metadata.
    pub facts: Vec<(String, Value)>,
    pub notes: Vec<String>,
}

impl Fetched {
    pub(crate) fn fact(&mut self, name: &str, value: &str) {
        self.facts.push((name.to_owned(), value.into()));
    }
}
