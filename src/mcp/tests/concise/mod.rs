//! The concise form of the classic tools' results.

mod changes;
mod choice;
mod every_tool;
mod texts;

use backlog_sim::seed;
use serde_json::{Value, json};

use super::work::World;
use crate::calls::{caller::Caller, response_format::ResponseFormat};

/// A user whose connection has chosen this form.
fn choosing(world: &World, format: ResponseFormat) -> Caller {
    let mut caller = world.caller(seed::DANIEL);
    caller.policy.format = Some(format);
    caller
}

/// The JSON of a result, and its notes.
fn read(result: &Value) -> (Value, String) {
    assert_ne!(result["isError"], true, "{result}");
    let texts = result["content"].as_array().expect("content").iter();
    let mut texts = texts.filter_map(|block| block["text"].as_str());
    let json = texts.next().expect("a text");
    let json = serde_json::from_str(json).unwrap_or_else(|_| panic!("{result}"));
    (json, texts.collect::<Vec<_>>().join("\n"))
}

/// The concise result of a call, and its notes.
async fn concise(world: &World, tool: &str, arguments: Value) -> (Value, String) {
    let caller = choosing(world, ResponseFormat::Concise);
    read(&world.result(&caller, tool, arguments).await)
}

async fn full(world: &World, tool: &str, arguments: Value) -> Value {
    let caller = world.caller(seed::DANIEL);
    read(&world.result(&caller, tool, arguments).await).0
}

/// The parts of a concise result that break its rules.
fn problems(place: &str, value: &Value, is_nested: bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut claim = |holds: bool, problem: &str| {
        if !holds {
            found.push(format!("{place} {problem}: {value}"));
        }
    };
    match value {
        Value::Null => claim(false, "is null"),
        Value::String(text) => {
            claim(!text.trim().is_empty(), "is empty");
            let bytes = text.as_bytes();
            let is_stamp = bytes.len() == 20 && bytes[10] == b'T' && bytes[19] == b'Z';
            claim(!is_stamp, "is a stamp of the API");
        }
        Value::Array(items) => {
            claim(!items.is_empty() || !is_nested, "is empty");
            for (index, item) in items.iter().enumerate() {
                found.extend(problems(&format!("{place}[{index}]"), item, is_nested));
            }
        }
        Value::Object(fields) => {
            claim(!fields.is_empty() || !is_nested, "is empty");
            let mut names: Vec<_> = fields.keys().map(String::as_str).collect();
            names.sort_unstable();
            claim(!is_nested || names != ["id", "name"], "has a name alone");
            claim(
                !is_nested || !fields.contains_key("nulabAccount"),
                "is a user",
            );
            for (name, field) in fields {
                found.extend(problems(&format!("{place}.{name}"), field, true));
            }
        }
        Value::Bool(_) | Value::Number(_) => {}
    }
    found
}

#[test]
fn broken_rules_are_found() {
    for broken in [
        json!(null),
        json!({"a": null}),
        json!({"a": []}),
        json!([{"a": " "}]),
        json!({"a": {"id": 1, "name": "x"}}),
        json!({"a": "2026-10-19T15:00:00Z"}),
    ] {
        assert_ne!(problems("x", &broken, false), [""; 0], "{broken}");
    }
    let right = json!([{"id": 1, "name": "x", "status": "Open", "count": 0}]);
    assert_eq!(problems("x", &right, false), [""; 0]);
}
