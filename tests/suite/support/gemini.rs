//! The function declarations that the Gemini API documents, and what of a request is none of them.
//!
//! `parameters` is a message of the API (`Schema`), of which an unknown field or a value of
//! another type is an error. `parametersJsonSchema` is JSON Schema, of which some keywords are
//! supported.

use serde_json::{Map, Value};

const TYPES: [&str; 6] = ["STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT"];

/// Fields of the message `Schema`.
const FIELDS: &[&str] = &[
    "type",
    "format",
    "title",
    "description",
    "nullable",
    "enum",
    "maxItems",
    "minItems",
    "properties",
    "required",
    "minProperties",
    "maxProperties",
    "minLength",
    "maxLength",
    "pattern",
    "example",
    "anyOf",
    "propertyOrdering",
    "default",
    "items",
    "minimum",
    "maximum",
];

/// Keywords of JSON Schema that the API supports, and `default`, which it passes over.
const KEYWORDS: &[&str] = &[
    "type",
    "format",
    "title",
    "description",
    "enum",
    "items",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "anyOf",
    "oneOf",
    "properties",
    "additionalProperties",
    "required",
    "propertyOrdering",
    "default",
];

/// The declarations of the tools in a request.
pub(crate) fn declarations(tools: &Value) -> Vec<&Value> {
    let tools = tools.as_array().into_iter().flatten();
    // The Python library writes its own fields' names.
    let declared = tools.filter_map(|tool| {
        let camel = tool.get("functionDeclarations");
        camel.or(tool.get("function_declarations"))?.as_array()
    });
    declared.flatten().collect()
}

/// What the API would refuse in a declaration; nothing if it takes it.
pub(crate) fn problems(declaration: &Value) -> Vec<String> {
    let name = declaration["name"].as_str().unwrap_or_default();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let mut problems = Vec::new();
    if !(1..=64).contains(&name.len()) || !name.chars().all(fits) {
        problems.push(format!("the name {name:?}"));
    }
    if let Some(schema) = declaration.get("parameters") {
        look(name, schema, FIELDS, &mut problems);
    }
    if let Some(schema) = declaration.get("parametersJsonSchema") {
        look(name, schema, KEYWORDS, &mut problems);
    }
    problems
}

fn look(place: &str, schema: &Value, known: &[&str], problems: &mut Vec<String>) {
    let Some(object) = schema.as_object() else {
        problems.push(format!("{place} is no object"));
        return;
    };
    let unknown = object.keys().filter(|key| !known.contains(&key.as_str()));
    problems.extend(unknown.map(|key| format!("{place} has {key}")));
    if !object.contains_key("anyOf") {
        typed(place, object, problems);
    }
    for part in object
        .get("anyOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        look(&format!("{place}|"), part, known, problems);
    }
    if let Some(items) = object.get("items") {
        look(&format!("{place}[]"), items, known, problems);
    }
    let properties = object.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        look(&format!("{place}.{name}"), property, known, problems);
    }
}

/// What depends on the type of a schema.
fn typed(place: &str, object: &Map<String, Value>, problems: &mut Vec<String>) {
    let kind = object
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let kind = kind.to_ascii_uppercase();
    if !TYPES.contains(&kind.as_str()) {
        problems.push(format!("{place} is of the type {:?}", object.get("type")));
    }
    if (kind == "ARRAY") != object.contains_key("items") {
        problems.push(format!(
            "{place} is a list without items, or items without a list"
        ));
    }
    if let Some(values) = object.get("enum") {
        let texts = values
            .as_array()
            .is_some_and(|all| all.iter().all(Value::is_string));
        if kind != "STRING" || !texts {
            problems.push(format!("{place} has an enum of other than texts"));
        }
    }
    let names = object.get("required").and_then(Value::as_array);
    for name in names.into_iter().flatten().filter_map(Value::as_str) {
        let known = object.get("properties").and_then(|all| all.get(name));
        if known.is_none() {
            problems.push(format!("{place} requires {name}, which it does not have"));
        }
    }
}
