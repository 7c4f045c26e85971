//! What every tool must have, whoever adds the next one.

use serde_json::{Value, json};

use crate::mcp::{
    ToolOptions, Toolset,
    router::{Entry, Table},
    tools,
};

fn schema(entry: &Entry) -> Value {
    entry.route.attr.schema_as_json_value()
}

#[test]
fn every_tool_is_described() {
    for entry in tools::all() {
        let tool = &entry.route.attr;
        let name = entry.spec.name;
        assert_eq!(tool.name, name);
        let snake = |c: char| c.is_ascii_lowercase() || c == '_';
        assert!(name.chars().all(snake), "{name}");
        assert!(tool.title.as_ref().is_some_and(|title| !title.is_empty()));
        let description = tool.description.as_deref().unwrap_or_default();
        assert!(description.ends_with('.'), "{name}: {description}");
        let hints = tool.annotations.as_ref().expect("annotations");
        let access = entry.spec.access;
        // With the defaults of the protocol for what is not said.
        assert_eq!(
            hints.read_only_hint.unwrap_or(false),
            access.read_only,
            "{name}"
        );
        if !access.read_only {
            assert_eq!(hints.is_destructive(), access.destructive, "{name}");
            assert_eq!(hints.is_idempotent(), access.idempotent, "{name}");
        }
        assert_eq!(hints.open_world_hint, None, "{name}: true is assumed");
    }
}

#[test]
fn the_hints_follow_from_the_request() {
    let hints = |name: &str| {
        let table = Table::new(&ToolOptions::default());
        let access = table.get(name).expect("a tool").spec.access;
        (access.read_only, access.destructive, access.idempotent)
    };
    assert_eq!(hints("get_issue"), (true, false, true));
    assert_eq!(hints("add_issue"), (false, false, false));
    assert_eq!(hints("update_issue"), (false, false, false));
    assert_eq!(hints("update_pull_request"), (false, false, false));
    assert_eq!(hints("update_wiki"), (false, false, true));
}

#[test]
fn what_is_counted_is_what_would_be_listed() {
    let table = Table::new(&ToolOptions::default());
    let inputs = |name: &str| {
        let inputs = schema(table.get(name).expect("a tool"))["properties"].take();
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
    let table = Table::new(&ToolOptions::default());
    let issues = schema(table.get("get_issues").expect("a tool"))["properties"].take();
    let issues = issues.as_object().expect("properties");
    for entry in tools::all() {
        let name = entry.spec.name;
        let schema = schema(&entry);
        assert_eq!(schema["type"], "object", "{name}");
        let properties = schema["properties"].as_object().expect("properties");
        for key in ["anyOf", "oneOf", "allOf", "not", "$ref", "$defs"] {
            assert!(schema.get(key).is_none(), "{name} has {key} at the top");
        }
        for (property, schema) in properties {
            let described = schema["description"]
                .as_str()
                .is_some_and(|d| !d.is_empty());
            // Its inputs are some of get_issues, as its description says.
            let elsewhere = name == "count_issues" && issues.contains_key(property);
            assert!(
                described || elsewhere,
                "{name}: {property} has no description"
            );
        }
        assert_eq!(noise(&schema), None, "{name}");
    }
}

/// What a schema need not say; the names of properties may be any.
fn noise(schema: &Value) -> Option<&str> {
    match schema {
        Value::Object(entries) => entries.iter().find_map(|(key, value)| match key.as_str() {
            "format" | "title" | "$ref" | "$schema" | "default" => Some(key.as_str()),
            "properties" => value.as_object()?.values().find_map(noise),
            _ => noise(value),
        }),
        Value::Array(items) => items.iter().find_map(noise),
        Value::String(text) if text == "null" => Some(text),
        _ => None,
    }
}

/// The bytes of a list of the tools in some sets, with and without several organizations.
fn list_sizes(toolsets: &[Toolset], options: &ToolOptions) -> [usize; 2] {
    let tables = [
        Table::new(options),
        Table::new(options).with_organizations(options),
    ];
    tables.map(|table| {
        let listed = table.entries().iter().chain(table.list_organizations());
        let chosen = listed.filter(|entry| entry.spec.toolsets().any(|it| toolsets.contains(&it)));
        let tools: Vec<_> = chosen.map(|entry| &entry.route.attr).collect();
        json!(tools).to_string().len()
    })
}

#[test]
fn the_list_stays_small() {
    // Every model reads it.
    let [default, _] = list_sizes(&Toolset::DEFAULT, &ToolOptions::default());
    assert!(default <= 62_000, "{default} bytes");
    // README says which choices together make a longer one.
    const LIMITS: [usize; 4] = [110_000, 110_000, 116_500, 121_000];
    for field_selection in [false, true] {
        for prefix in ["", &"p".repeat(32)] {
            let options = ToolOptions {
                field_selection,
                prefix: prefix.parse().expect("a prefix"),
                ..ToolOptions::default()
            };
            let choices = usize::from(field_selection) + usize::from(!prefix.is_empty());
            let sizes = list_sizes(&Toolset::ALL, &options);
            for (size, limit) in sizes.into_iter().zip(&LIMITS[choices..]) {
                assert!(size <= *limit, "{size} bytes with {options:?}");
            }
            let [_, default] = list_sizes(&Toolset::DEFAULT, &options);
            assert!(default <= 73_000, "{default} bytes with {options:?}");
        }
    }
}

#[test]
fn titles_are_left_out_where_they_make_the_list_too_long_only() {
    let untitled = |table: &Table| {
        let entries = table.entries().iter();
        let untitled = entries.filter(|entry| entry.route.attr.title.is_none());
        let usual = |entry: &Entry| entry.spec.is_usual();
        let (usual, others): (Vec<_>, Vec<_>) = untitled.partition(|entry| usual(entry));
        (usual.len(), others.len())
    };
    let plain = ToolOptions::default();
    assert_eq!(untitled(&Table::new(&plain)), (0, 0));
    let several = Table::new(&plain).with_organizations(&plain);
    let (usual, others) = untitled(&several);
    assert!(usual == 0 && others > 0, "{usual}, {others}");
}

#[test]
fn schemas() {
    for entry in tools::all() {
        insta::assert_json_snapshot!(entry.spec.name, entry.route.attr);
    }
}
