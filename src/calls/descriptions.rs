//! The operator's texts, which replace the built-in ones.
//!
//! 1. The configuration collects the texts by key (`TOOL_GET_ISSUE_DESCRIPTION`, …).
//! 2. They are written into the tools once, when the registry of tools is built.
//! 3. Error texts are looked up when a call fails.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use rmcp::model;
use serde_json::Value;

use super::{
    description_keys::{self as keys, ERRORS},
    list_organizations,
};
use crate::tools;

/// The operator's texts by key; empty by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Descriptions(Arc<BTreeMap<String, String>>);

impl Descriptions {
    /// Takes texts by key; an empty text keeps the built-in one.
    pub fn new(texts: impl IntoIterator<Item = (String, String)>) -> Self {
        let given = texts
            .into_iter()
            .filter(|(_, text)| !text.trim().is_empty());
        Self(Arc::new(given.collect()))
    }

    /// Returns all known keys, sorted.
    pub fn keys() -> BTreeSet<String> {
        Self::default().resolved().into_keys().collect()
    }

    /// Returns the text of every key: the operator's or else the built-in one, which may be empty.
    /// Where several places share a key, the text of the first counts.
    pub fn resolved(&self) -> BTreeMap<String, String> {
        let mut texts = BTreeMap::new();
        let declared = tools::all().into_iter();
        let declared = declared.map(|tool| (tool.meta.name, tool.tool()));
        let own = [(list_organizations::NAME, list_organizations::tool())];
        for (name, mut tool) in declared.chain(own) {
            self.apply(name, &mut tool);
            each_text(name, &mut tool, |key, text| {
                texts.entry(key).or_insert_with(|| text.clone());
            });
        }
        for error in ERRORS {
            let text = self.0.get(error.key).map_or(error.text, String::as_str);
            texts.insert(error.key.to_owned(), text.to_owned());
        }
        texts
    }

    /// Writes the operator's texts into a tool. `name` has no prefix.
    pub(crate) fn apply(&self, name: &str, tool: &mut model::Tool) {
        if self.0.is_empty() {
            return;
        }
        each_text(name, tool, |key, text| {
            if let Some(replacement) = self.0.get(&key) {
                text.clone_from(replacement);
            }
        });
    }

    /// Replaces an error text, including the built-in advice, with the operator's.
    pub(crate) fn reword(&self, tool: &str, text: String) -> String {
        let before = |error: &str| {
            let (before, after) = text.rsplit_once(error)?;
            (after.is_empty() || after.starts_with(": give ")).then_some(before)
        };
        let fitting = ERRORS
            .iter()
            .filter(|error| error.tool.is_none_or(|name| name == tool))
            .find_map(|error| Some((before(error.text)?, error.key)));
        match fitting.and_then(|(before, key)| Some((before, self.0.get(key)?))) {
            Some((before, replacement)) => format!("{before}{replacement}"),
            None => text,
        }
    }
}

/// Calls `each` for every text of a tool that has a key, and stores the text that it leaves.
fn each_text(name: &str, tool: &mut model::Tool, mut each: impl FnMut(String, &mut String)) {
    let mut text = tool.description.take().unwrap_or_default().into_owned();
    each(keys::of_tool(name), &mut text);
    tool.description = Some(text.into());

    let schema = Arc::make_mut(&mut tool.input_schema);
    let Some(Value::Object(inputs)) = schema.get_mut("properties") else {
        return;
    };
    for (input, schema) in inputs {
        at(keys::of_input(name, input), schema, &mut each);
        if input == "customFields"
            && let Some(item) = schema.get_mut("items")
        {
            each_part(name, item, &mut each);
        }
    }
}

/// Visits the texts inside a custom field: kinds of filters, or the parts of a value.
fn each_part(tool: &str, item: &mut Value, each: &mut impl FnMut(String, &mut String)) {
    if let Some(Value::Array(filters)) = item.get_mut("oneOf") {
        for filter in filters {
            let kind = &filter["properties"]["type"]["const"];
            let kind = kind.as_str().unwrap_or_default().to_owned();
            if let Some(key) = keys::of_filter(&kind, None) {
                at(key, filter, each);
            }
            each_property(filter, each, |part| keys::of_filter(&kind, Some(part)));
        }
    } else {
        each_property(item, each, |part| Some(keys::of_value_part(tool, part)));
    }
}

fn each_property(
    schema: &mut Value,
    each: &mut impl FnMut(String, &mut String),
    key: impl Fn(&str) -> Option<String>,
) {
    let Some(Value::Object(parts)) = schema.get_mut("properties") else {
        return;
    };
    for (part, schema) in parts {
        if let Some(key) = key(part) {
            at(key, schema, each);
        }
    }
}

fn at(key: String, schema: &mut Value, each: &mut impl FnMut(String, &mut String)) {
    let Value::Object(schema) = schema else {
        return;
    };
    let mut text = match schema.get("description") {
        Some(Value::String(text)) => text.clone(),
        _ => String::new(),
    };
    each(key, &mut text);
    if !text.is_empty() {
        schema.insert("description".to_owned(), Value::String(text));
    }
}
