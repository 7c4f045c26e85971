//! The requirements for every tool, including new ones.

use crate::calls::{
    options::ToolOptions,
    registered_tool::RegisteredTool,
    registry::{self, Registry},
};
use serde_json::Value;

fn schema(tool: &RegisteredTool) -> Value {
    tool.listed.schema_as_json_value()
}

#[test]
fn every_tool_is_described() {
    for tool in registry::all() {
        let (name, listed) = (tool.meta.name, &tool.listed);
        assert_eq!(listed.name, name);
        let snake = |c: char| c.is_ascii_lowercase() || c == '_';
        assert!(name.chars().all(snake), "{name}");
        assert!(listed.title.as_ref().is_some_and(|title| !title.is_empty()));
        let description = listed.description.as_deref().unwrap_or_default();
        assert!(description.ends_with('.'), "{name}: {description}");
    }
}

#[test]
fn counts_and_lists_have_the_same_filters() {
    let registry = Registry::new(&ToolOptions::default());
    let inputs = |name: &str| {
        let inputs = schema(registry.get(name).expect("a tool"))["properties"].take();
        let inputs = inputs.as_object().expect("properties").clone();
        let mut inputs: Vec<_> = inputs.into_iter().map(|(name, _)| name).collect();
        inputs.sort_unstable();
        inputs
    };
    for (count, list) in [
        ("count_issues", "get_issues"),
        ("get_pull_requests_count", "get_pull_requests"),
    ] {
        let mut listed = inputs(list);
        listed.retain(|name| !["sort", "order", "offset", "count"].contains(&name.as_str()));
        assert_eq!(inputs(count), listed, "{count}");
    }
}

#[test]
fn every_input_is_a_plain_object() {
    let registry = Registry::new(&ToolOptions::default());
    for tool in registry.tools() {
        let name = tool.meta.name;
        let schema = schema(tool);
        assert_eq!(schema["type"], "object", "{name}");
        let properties = schema["properties"].as_object().expect("properties");
        for (property, schema) in properties {
            let described = schema["description"]
                .as_str()
                .is_some_and(|d| !d.is_empty());
            assert!(described, "{name}: {property} has no description");
        }
        assert_eq!(noise(&schema), None, "{name}");
    }
}

/// Finds unnecessary keywords of a schema; properties may have any name.
fn noise(schema: &Value) -> Option<&str> {
    match schema {
        Value::Object(members) => members.iter().find_map(|(key, value)| match key.as_str() {
            "format" | "title" | "$ref" | "$schema" => Some(key.as_str()),
            "properties" => value.as_object()?.values().find_map(noise),
            _ => noise(value),
        }),
        Value::Array(items) => items.iter().find_map(noise),
        Value::String(text) if text == "null" => Some(text),
        _ => None,
    }
}

#[test]
fn schemas() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("toolsnaps");
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| {
        for tool in Registry::new(&ToolOptions::default()).tools() {
            insta::assert_json_snapshot!(tool.meta.name, tool.listed);
        }
    });
}
