//! If an item was not found, every tool advises to check its own arguments.

use backlog_client::fake::FakeBacklog;

use super::{
    call, caller_of,
    calls::{has_key_too, most, sample_of},
};
use crate::calls::{
    options::ToolOptions,
    registered_tool::RegisteredTool,
    registry::{self, Registry},
};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

const NOT_FOUND: &str = r#"{"errors":[{"message":"Nothing here.","code":6,"moreInfo":""}]}"#;

/// Arguments that fit the schema of a tool, with different ids, keys and names.
fn arguments(tool: &RegisteredTool) -> Vec<(String, Value)> {
    let schema = tool.listed.schema_as_json_value();
    let properties = schema["properties"].as_object().expect("properties");
    let numbered = (9001..).zip(properties);
    let arguments = numbered.map(|(number, (name, schema))| {
        let value = match sample_of(name, schema) {
            Value::Number(_) => json!(most(schema).min(number)),
            Value::String(text) if text == "text" => json!(format!("text{number}")),
            value => value,
        };
        (name.clone(), value)
    });
    // The tool has two inputs for the same content.
    let twice = tool.meta.name == "upload_attachment";
    arguments
        .filter(|(name, _)| !(has_key_too(name, properties) || twice && name == "content"))
        .collect()
}

/// Returns the arguments in the path of a request, or that identify its item, in order.
fn named_by<'a>(line: &str, arguments: &'a [(String, Value)]) -> Vec<&'a str> {
    let (_, path) = line.split_once("/api/v2/").expect("a path");
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut parameters = query.split('&').filter_map(|it| it.split_once('='));
    let target = parameters.find(|(name, _)| *name == "projectIdOrKey");
    let parts = path.split('/').chain(target.map(|(_, value)| value));
    let named = parts.filter_map(|part| {
        let part = percent_decode_str(part).decode_utf8_lossy();
        let is_it = |value: &Value| match value {
            Value::String(text) => *text == part,
            value => value.to_string() == part,
        };
        let found = arguments.iter().find(|(_, value)| is_it(value))?;
        Some(found.0.as_str())
    });
    named.collect()
}

#[actix_web::test]
async fn the_advice_for_a_missing_item_names_arguments_of_the_tool() {
    let registry = Registry::new(&ToolOptions::default());
    for tool in registry::all() {
        let name = tool.meta.name;
        let backlog = FakeBacklog::responding(404, NOT_FOUND);
        let arguments = arguments(&tool);
        let given = Value::Object(arguments.iter().cloned().collect());
        let (failed, text) = call(&caller_of(&backlog), name, given).await;
        assert!(failed, "{name}: {text}");
        let asked = backlog.received();
        let line = &asked.last().expect("a request").line;
        let expected = named_by(line, &arguments);

        let advice = text.lines().next().unwrap_or_default();
        let (advised, _) = advice.split_once(": no such item").expect("advice");
        if expected.is_empty() {
            assert_eq!(advised, "Check the ids and keys of this call", "{name}");
            continue;
        }
        let advised = advised.strip_prefix("Check ").expect("advice");
        let mut advised = advised.split(", ");
        for argument in expected {
            let shown = advised
                .next()
                .unwrap_or_else(|| panic!("{name}: {argument}"));
            let (names, lister) = shown
                .strip_suffix(')')
                .and_then(|shown| shown.split_once(" (see "))
                .unwrap_or_else(|| panic!("{name} names no tool that lists {shown}"));
            assert!(registry.get(lister).is_some(), "{name}: {lister}");
            let names: Vec<_> = names.split(" or ").collect();
            assert!(
                names.contains(&argument),
                "{name}: {names:?}, not {argument}"
            );
            let inputs = tool.listed.schema_as_json_value();
            let all_taken = names
                .iter()
                .all(|name| inputs["properties"].get(name).is_some());
            assert!(all_taken, "{name} has no {names:?}");
        }
        assert_eq!(advised.next(), None, "{name}");
    }
}
