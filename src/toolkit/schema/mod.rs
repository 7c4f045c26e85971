//! The JSON schema of a tool's input.
//!
//! 1. The types of the inputs derive it: no references, no `null`, no formats and titles, an object
//!    at the top. It describes everything that a tool accepts, with a choice of types where there
//!    are several.
//! 2. The operator's descriptions are written into it.
//! 3. It is published in a form that every provider accepts ([`publish`]), or unchanged if the
//!    operator chose so.

mod plain;

use super::{
    entity::ENTITY,
    input_kind::READ,
    name_kind::{CLEARABLE, KEYWORD, NameKind, Named},
};
use crate::toolkit::input_kind;
use std::sync::Arc;

use rmcp::model::JsonObject;
use schemars::{
    JsonSchema, Schema,
    generate::SchemaSettings,
    transform::{RecursiveTransform, Transform},
};
use serde_json::{Value, json};

#[cfg(test)]
pub(crate) use plain::KEYWORDS;

/// An input's schema, and the description from the doc comment of its type.
pub(crate) struct InputSchema {
    pub description: String,
    pub schema: Arc<JsonObject>,
    /// The inputs that accept names.
    pub named: Vec<Named>,
    /// The types that each input accepts.
    pub inputs: Vec<input_kind::Input>,
}

/// Derives the schema and the description from the type.
pub(crate) fn of<T: JsonSchema>() -> InputSchema {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(simplify).transform(&mut schema);

    let object = schema.ensure_object();
    let description = match object.shift_remove("description") {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    // It is the protocol's default, and would cost 70 bytes per tool.
    object.shift_remove("$schema");
    let inputs = input_kind::Input::all(object);
    let properties = object.entry("properties").or_insert_with(|| json!({}));
    let named = properties.as_object_mut().into_iter().flatten();
    let named = named.filter_map(|(argument, input)| {
        let clearable = input.as_object_mut()?.shift_remove(CLEARABLE).is_some();
        strip(input, READ);
        strip(input, ENTITY);
        Some(Named {
            argument: argument.clone(),
            kind: take_kind(input)?,
            clearable,
            takes_none: false,
        })
    });
    let named = named.collect();
    InputSchema {
        description,
        named,
        inputs,
        schema: Arc::new(object.clone()),
    }
}

/// Converts a tool's schema to the published form.
pub(crate) fn publish(schema: &mut JsonObject) {
    plain::plain(schema);
}

/// Removes the hub's keyword from an input's schema at any depth, and returns its value.
fn take_kind(schema: &mut Value) -> Option<NameKind> {
    match schema {
        Value::Object(object) => {
            let own = object.shift_remove(KEYWORD);
            let own = own.and_then(|kind| serde_json::from_value(kind).ok());
            let inner = object.values_mut().filter_map(take_kind).last();
            own.or(inner)
        }
        Value::Array(items) => items.iter_mut().filter_map(take_kind).last(),
        _ => None,
    }
}

/// Removes a keyword from a schema at any depth.
fn strip(schema: &mut Value, keyword: &str) {
    match schema {
        Value::Object(object) => {
            object.shift_remove(keyword);
            object.values_mut().for_each(|inner| strip(inner, keyword));
        }
        Value::Array(items) => items.iter_mut().for_each(|inner| strip(inner, keyword)),
        _ => {}
    }
}

fn simplify(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    for noise in ["title", "format", "writeOnly"] {
        object.shift_remove(noise);
    }
    // An optional input is null by default anyway.
    if object.get("default") == Some(&Value::Null) {
        object.shift_remove("default");
    }
    // The description of the list covers its elements.
    if let Some(Value::Object(items)) = object.get_mut("items") {
        items.shift_remove("description");
    }
    // Line breaks of the source are not part of the text.
    if let Some(Value::String(text)) = object.get_mut("description") {
        *text = text.replace('\n', " ");
    }
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_mut_slice() {
            let only = only.take();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    // An optional choice: `anyOf: [choice, null]` is the choice itself.
    let optional = match object.get("anyOf") {
        Some(Value::Array(choices)) if choices.contains(&json!({"type": "null"})) => {
            choices.iter().find_map(|choice| match choice {
                Value::Object(choice) if choice.get("type") != Some(&json!("null")) => {
                    Some(choice.clone())
                }
                _ => None,
            })
        }
        _ => None,
    };
    if let Some(choice) = optional {
        object.shift_remove("anyOf");
        for (key, value) in choice {
            object.entry(key).or_insert(value);
        }
    }
}
