//! The arguments of a request for a prompt.

use std::fmt;

use rmcp::model::JsonObject;

use crate::calls::{prefix::ToolPrefix, registry::Registry};

/// The checked arguments of a request.
pub(super) struct Given<'a> {
    pub prefix: &'a ToolPrefix,
    pub registry: &'a Registry,
    pub arguments: &'a JsonObject,
}

impl Given<'_> {
    pub(super) fn option(&self, name: &str) -> Option<&str> {
        let text = self.arguments.get(name)?.as_str()?.trim();
        Some(text).filter(|text| !text.is_empty())
    }

    /// Returns a required argument, which was checked.
    pub(super) fn text(&self, name: &str) -> &str {
        self.option(name).unwrap_or_default()
    }
}

/// A text, written as in the arguments of a call.
#[derive(Clone, Copy)]
pub(super) struct Json<'a>(pub &'a str);

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        serde_json::Value::from(self.0).fmt(f)
    }
}
