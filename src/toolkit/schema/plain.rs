//! Converts schemas of inputs to a form that the function calling of every provider accepts: Gemini
//! rejects a list of types, `const` and numbers in an `enum`, and converters of other clients keep
//! the first of several types or reject `oneOf`.
//!
//! 1. Every choice (`oneOf`, `anyOf`, a list of types) becomes one schema that accepts whatever any
//!    of its parts accepts: text if one part is a text, because digits are read as a number; an
//!    object with the properties of all parts.
//! 2. `const` becomes an `enum`, and an `enum` holds texts only.
//! 3. A keyword that not every provider supports is left out.
//!
//! A schema only helps to write a call; the arguments are checked when they are read.

use serde_json::{Map, Value, json};

/// The keywords of published schemas.
pub(crate) const KEYWORDS: &[&str] = &[
    "type",
    "description",
    "enum",
    "properties",
    "required",
    "items",
    "minItems",
    "minimum",
    "maximum",
    "default",
];

type Object = Map<String, Value>;

/// Makes a schema and all schemas inside it plain.
pub(super) fn plain(schema: &mut Object) {
    for name in ["properties", "items"] {
        match (name, schema.get_mut(name)) {
            ("properties", Some(Value::Object(properties))) => {
                let inner = properties.values_mut().filter_map(Value::as_object_mut);
                inner.for_each(plain);
            }
            (_, Some(Value::Object(items))) => plain(items),
            _ => {}
        }
    }
    for part in parts(schema, "allOf") {
        for (keyword, value) in part {
            schema.entry(keyword).or_insert(value);
        }
    }
    for choice in ["oneOf", "anyOf"] {
        let merged = parts(schema, choice).into_iter().reduce(either);
        for (keyword, value) in merged.into_iter().flatten() {
            schema.entry(keyword).or_insert(value);
        }
    }
    if let Some(only) = schema.shift_remove("const") {
        schema.insert("enum".to_owned(), json!([only]));
    }
    let kind = kind(schema);
    schema.insert("type".to_owned(), kind.into());
    if kind == "array" && !matches!(schema.get("items"), Some(Value::Object(_))) {
        schema.insert("items".to_owned(), json!({"type": "string"}));
    }
    keep_what_fits(schema, kind);
}

/// Removes the parts of a choice from the schema, and returns them as plain ones without `null`.
fn parts(schema: &mut Object, choice: &str) -> Vec<Object> {
    let Some(Value::Array(parts)) = schema.shift_remove(choice) else {
        return Vec::new();
    };
    let objects = parts.into_iter().filter_map(|part| match part {
        Value::Object(part) if part.get("type") != Some(&json!("null")) => Some(part),
        _ => None,
    });
    let mut objects: Vec<_> = objects.collect();
    objects.iter_mut().for_each(plain);
    objects
}

/// Returns the single type of a schema that may name several or none.
fn kind(schema: &Object) -> &'static str {
    let named: Vec<_> = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(kind)) => vec![kind.as_str()],
        _ if schema.contains_key("properties") => return "object",
        _ if schema.contains_key("items") => return "array",
        _ => Vec::new(),
    };
    // Types that a text can represent come after it.
    let known = ["string", "number", "integer", "boolean", "array", "object"];
    let found = known.into_iter().find(|kind| named.contains(kind));
    found.unwrap_or("string")
}

/// Returns a schema that accepts whatever either of two plain ones accepts.
fn either(one: Object, other: Object) -> Object {
    let description = joined(&one, &other);
    let mut merged = match (kind(&one), kind(&other)) {
        (same, also) if same == also => alike(one, other),
        ("object", "array") | ("array", "object") => one,
        ("object" | "array", _) => bare(kind(&other)),
        (_, "object" | "array") => bare(kind(&one)),
        ("number" | "integer", "number" | "integer") => bare("number"),
        _ => bare("string"),
    };
    if let Some(description) = description {
        merged.insert("description".to_owned(), description);
    }
    merged
}

fn bare(kind: &str) -> Object {
    Object::from_iter([("type".to_owned(), kind.into())])
}

/// [`either`] for two schemas of one type.
fn alike(mut one: Object, mut other: Object) -> Object {
    let values = both(&mut one, &mut other, "enum");
    let properties = both(&mut one, &mut other, "properties");
    let items = both(&mut one, &mut other, "items");
    let required = both(&mut one, &mut other, "required");
    // A limit or a default that is not the same in both is dropped.
    one.retain(|keyword, value| other.get(keyword) == Some(value));
    if let Some((Value::Array(mut ours), Value::Array(theirs))) = values {
        let new: Vec<_> = theirs.into_iter().filter(|it| !ours.contains(it)).collect();
        ours.extend(new);
        one.insert("enum".to_owned(), ours.into());
    }
    if let Some((Value::Object(mut ours), Value::Object(theirs))) = properties {
        for (name, theirs) in theirs {
            // The property keeps its position.
            let merged = match (ours.get_mut(&name).map(Value::take), theirs) {
                (Some(Value::Object(ours)), Value::Object(theirs)) => either(ours, theirs).into(),
                (_, theirs) => theirs,
            };
            ours.insert(name, merged);
        }
        one.insert("properties".to_owned(), ours.into());
    }
    if let Some((Value::Object(ours), Value::Object(theirs))) = items {
        one.insert("items".to_owned(), either(ours, theirs).into());
    }
    if let Some((Value::Array(mut ours), Value::Array(theirs))) = required {
        ours.retain(|name| theirs.contains(name));
        one.insert("required".to_owned(), ours.into());
    }
    one
}

/// Removes a keyword from both, and returns its values.
fn both(one: &mut Object, other: &mut Object, keyword: &str) -> Option<(Value, Value)> {
    let (ours, theirs) = (one.shift_remove(keyword), other.shift_remove(keyword));
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => Some((ours, theirs)),
        // An object without properties accepts those of the other.
        (ours, theirs) if keyword == "properties" => {
            Some((ours.or(theirs)?, Value::Object(Object::new())))
        }
        _ => None,
    }
}

/// Joins the descriptions of two schemas, each once.
fn joined(one: &Object, other: &Object) -> Option<Value> {
    match (one.get("description"), other.get("description")) {
        (Some(Value::String(ours)), Some(Value::String(theirs))) if ours != theirs => {
            Some(format!("{ours}; {theirs}").into())
        }
        (ours, theirs) => ours.or(theirs).cloned(),
    }
}

/// Removes keywords that not every provider supports, or that do not fit the type.
fn keep_what_fits(schema: &mut Object, kind: &str) {
    let is_number = matches!(kind, "number" | "integer");
    schema.retain(|keyword, value| match keyword.as_str() {
        "enum" => kind == "string" && value.as_array().is_some_and(|values| !values.is_empty()),
        "minimum" | "maximum" => is_number,
        "properties" | "required" => kind == "object",
        "items" | "minItems" => kind == "array",
        "default" => match value {
            Value::String(_) => kind == "string",
            Value::Number(_) => is_number,
            Value::Bool(_) => kind == "boolean",
            _ => false,
        },
        keyword => KEYWORDS.contains(&keyword),
    });
    if schema.get("required") == Some(&json!([])) {
        schema.shift_remove("required");
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        for value in values.iter_mut().filter(|value| !value.is_string()) {
            *value = value.to_string().into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(schema: Value) -> Value {
        let Value::Object(mut schema) = schema else {
            panic!("a schema is an object");
        };
        plain(&mut schema);
        schema.into()
    }

    #[test]
    fn a_choice_of_scalars_is_a_text_with_its_description() {
        for wide in [
            json!({"type": ["number", "string"], "description": "d", "minimum": 1}),
            json!({"type": ["string", "number"], "description": "d"}),
            json!({"anyOf": [{"type": "number"}, {"type": "string"}], "description": "d"}),
            json!({"description": "d", "oneOf": [
                {"type": "string"}, {"type": "number"},
                {"type": "array", "items": {"type": "string"}},
                {"type": "array", "items": {"type": "number"}},
            ]}),
        ] {
            let plain = of(wide.clone());
            assert_eq!(
                plain,
                json!({"type": "string", "description": "d"}),
                "{wide}"
            );
        }
        let numbers = json!({"anyOf": [{"type": "integer"}, {"type": "number"}]});
        assert_eq!(of(numbers), json!({"type": "number"}));
        let switch = json!({"anyOf": [{"type": "boolean"}, {"type": "null"}]});
        assert_eq!(of(switch), json!({"type": "boolean"}));
    }

    #[test]
    fn a_choice_of_objects_is_one_with_the_properties_of_all() {
        let wide = json!({"oneOf": [
            {"type": "object", "required": ["type", "id", "value"], "properties": {
                "type": {"type": "string", "const": "text"},
                "id": {"type": ["number", "string"]},
                "value": {"type": "string", "minLength": 1, "description": "A word"},
            }},
            {"type": "object", "required": ["type", "id"], "properties": {
                "type": {"const": "numeric"},
                "id": {"type": ["number", "string"]},
                "min": {"type": "number", "minimum": 0},
            }},
            {"type": "object", "required": ["type", "id"], "properties": {
                "type": {"enum": ["date"]},
                "id": {"type": ["number", "string"]},
                "min": {"type": "string"},
                "value": {"type": "string", "description": "A day"},
            }},
        ]});
        let flat = json!({"type": "object", "required": ["type", "id"], "properties": {
            "type": {"type": "string", "enum": ["text", "numeric", "date"]},
            "id": {"type": "string"},
            "value": {"type": "string", "description": "A word; A day"},
            "min": {"type": "string"},
        }});
        assert_eq!(of(wide), flat);
    }

    #[test]
    fn bounds_and_defaults_stay_where_they_belong_to_the_type() {
        let count = json!({"type": "number", "minimum": 1, "maximum": 100, "default": 20});
        assert_eq!(of(count.clone()), count);
        let order = json!({"type": "string", "enum": ["asc", "desc"], "default": "desc"});
        assert_eq!(of(order.clone()), order);
        for (wide, expected) in [
            (
                json!({"type": "string", "minimum": 1, "default": 20}),
                json!({"type": "string"}),
            ),
            (
                json!({"type": "number", "enum": [1, 2], "default": null}),
                json!({"type": "number"}),
            ),
            (
                json!({"type": ["string", "number"], "enum": ["a", 1]}),
                json!({"type": "string", "enum": ["a", "1"]}),
            ),
        ] {
            assert_eq!(of(wide), expected);
        }
    }

    #[test]
    fn whatever_is_written_becomes_plain() {
        for (wide, expected) in [
            (json!({}), json!({"type": "string"})),
            (
                json!({"type": "array"}),
                json!({"type": "array", "items": {"type": "string"}}),
            ),
            (
                json!({"properties": {"a": {"not": {"type": "string"}, "pattern": "x"}}}),
                json!({"type": "object", "properties": {"a": {"type": "string"}}}),
            ),
            (
                json!({"description": "d", "allOf": [
                    {"type": "array", "items": {"type": ["number", "string"]}, "minItems": 1},
                ]}),
                json!({"description": "d", "type": "array", "items": {"type": "string"}, "minItems": 1}),
            ),
            // The name of a property may be that of a keyword.
            (
                json!({"type": "object", "properties": {"oneOf": {"const": "x"}, "not": {"type": "boolean"}}}),
                json!({"type": "object", "properties": {
                    "oneOf": {"type": "string", "enum": ["x"]}, "not": {"type": "boolean"},
                }}),
            ),
        ] {
            assert_eq!(of(wide), expected);
        }
    }
}
