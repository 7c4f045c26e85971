//! Every tool of backlog-mcp-server exists here, with its inputs.

use crate::calls::{
    options::ToolOptions,
    registry::{self, Registry},
};
use std::collections::BTreeSet;

use serde_json::{Map, Value};

const UPSTREAM: &str = include_str!("../../../tests/fixtures/upstream_tools.json");

fn upstream() -> Map<String, Value> {
    let fixture: Value = serde_json::from_str(UPSTREAM).unwrap();
    fixture["tools"].as_object().unwrap().clone()
}

/// The inputs with all types that are read, as published with `SCHEMA_UNIONS`.
fn unions() -> ToolOptions {
    ToolOptions {
        schema_unions: true,
        ..ToolOptions::default()
    }
}

#[test]
fn every_tool_takes_what_it_takes_there() {
    let registry = Registry::new(&unions());
    let mut differences = Vec::new();
    for (name, theirs) in upstream() {
        let Some(tool) = registry.get(&name) else {
            differences.push(format!("{name}: is missing"));
            continue;
        };
        if theirs["toolset"] != tool.meta.toolset.as_str() {
            differences.push(format!("{name}: is not in {}", theirs["toolset"]));
        }
        let ours = tool.listed.schema_as_json_value();
        compare(&name, &ours, &theirs["schema"], &mut differences);
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn every_list_offers_the_fields_that_it_offers_there() {
    let registry = Registry::new(&ToolOptions::default());
    for (name, theirs) in upstream() {
        let ours = registry.get(&name).unwrap().meta.fields;
        let theirs = theirs["fields"].as_array().cloned().unwrap_or_default();
        assert_eq!(ours.is_empty(), theirs.is_empty(), "{name}");
        for field in theirs {
            assert!(ours.contains(&field.as_str().unwrap()), "{name}: {field}");
        }
    }
}

#[test]
fn the_default_toolsets_have_hardly_more_than_theirs() {
    let upstream = upstream();
    let tools = registry::all();
    let more: Vec<_> = tools
        .iter()
        .filter(|tool| tool.meta.is_usual())
        .map(|tool| tool.meta.name)
        .filter(|name| !upstream.contains_key(*name))
        .collect();
    // No other tool returns the ids for get_issues and update_issue, and those for attachmentId.
    assert_eq!(more, ["get_statuses", "upload_attachment"]);
}

#[test]
fn a_difference_is_found() {
    let schema = |text: &str| serde_json::from_str(text).unwrap();
    let theirs: Value = schema(
        r#"{"type":"object","properties":{
            "a":{"type":"array","items":{"type":"number"}},"b":{"type":"string","enum":["x","y"]},
            "c":{"type":["number","string"]}},"required":["a"]}"#,
    );
    for (ours, expected) in [
        (r#"{"type":"object","properties":{}}"#, "t.a: is missing"),
        (
            r#"{"type":"object","properties":{"a":{"type":"number"}}}"#,
            "t.a: is of the type",
        ),
        (
            r#"{"type":"object","properties":{"a":{"type":"array","items":{"type":"string"}}}}"#,
            "t.a[]: is of the type",
        ),
        (
            r#"{"type":"object","properties":{"b":{"type":"string","enum":["x"]}}}"#,
            "t.b: does not take \"y\"",
        ),
        (
            r#"{"type":"object","properties":{"c":{"type":"string"}}}"#,
            "t.c: is of the type",
        ),
        (
            r#"{"type":"object","properties":{"a":{"type":["string","array"],"items":{"type":"string"}}}}"#,
            "t.a[]: is of the type",
        ),
        (
            r#"{"type":"object","properties":{"c":{"type":["string","boolean"]}}}"#,
            "t.c: is of the type",
        ),
        (r#"{"type":"object","required":["a","c"]}"#, "t: requires"),
    ] {
        let mut differences = Vec::new();
        compare("t", &schema(ours), &theirs, &mut differences);
        let found = differences.iter().any(|text| text.starts_with(expected));
        assert!(found, "{expected} is not in {differences:?}");
    }
    let wider = schema(
        r#"{"type":"object","properties":{
            "a":{"type":"array","items":{"type":["number","string"]}},
            "b":{"type":"string","enum":["x","y"]},
            "c":{"type":["boolean","number","string"]}},"required":["a"]}"#,
    );
    for ours in [&theirs, &wider] {
        let mut differences = Vec::new();
        compare("t", ours, &theirs, &mut differences);
        assert_eq!(differences, Vec::<String>::new());
    }
}

/// The hub's input may be optional if upstream does not have it, and may allow more types and
/// values; everything else must be the same.
fn compare(path: &str, ours: &Value, theirs: &Value, differences: &mut Vec<String>) {
    let (our_kinds, their_kinds) = (kinds(ours), kinds(theirs));
    // If upstream declares no type, a type here would be narrower.
    let takes_theirs = match their_kinds.is_empty() {
        true => our_kinds.is_empty(),
        false => our_kinds.is_superset(&their_kinds),
    };
    if !takes_theirs || ours["const"] != theirs["const"] {
        differences.push(format!(
            "{path}: is of the type {} instead of {}",
            ours["type"], theirs["type"]
        ));
    }
    if required(ours) != required(theirs) {
        differences.push(format!(
            "{path}: requires {:?} instead of {:?}",
            required(ours),
            required(theirs)
        ));
    }
    let values = |schema: &Value| schema["enum"].as_array().cloned();
    if let (Some(ours), Some(theirs)) = (values(ours), values(theirs)) {
        for value in theirs.iter().filter(|value| !ours.contains(value)) {
            differences.push(format!("{path}: does not take {value}"));
        }
    }
    for (name, theirs) in theirs["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        match ours["properties"].get(name) {
            None => differences.push(format!("{path}: is missing")),
            Some(ours) => compare(&path, ours, theirs, differences),
        }
    }
    if let Some(theirs) = theirs.get("items") {
        compare(&format!("{path}[]"), &ours["items"], theirs, differences);
    }
    for choice in ["oneOf", "anyOf"] {
        let choices = |schema: &Value| schema[choice].as_array().cloned().unwrap_or_default();
        let (ours, theirs) = (choices(ours), choices(theirs));
        if ours.len() != theirs.len() {
            differences.push(format!("{path}: has {} choices", ours.len()));
        }
        for (place, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            compare(&format!("{path}({place})"), ours, theirs, differences);
        }
    }
}

fn kinds(schema: &Value) -> BTreeSet<&str> {
    match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => kind.as_str().into_iter().collect(),
    }
}

fn required(schema: &Value) -> BTreeSet<&str> {
    let names = schema["required"].as_array().into_iter().flatten();
    names.filter_map(Value::as_str).collect()
}
