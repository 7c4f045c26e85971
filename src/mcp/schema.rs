//! The JSON schema of a tool's input.
//!
//! 1. The types of the inputs derive it: no references, no `null`, no formats and titles, an
//!    object at the top. It says all that a tool takes, with a choice where several types do.
//! 2. The operator's descriptions are written into it.
//! 3. It is published in the shape that every provider takes ([`publish`]), or as it is where the
//!    operator chose so.

mod plain;

use std::sync::Arc;

use rmcp::model::JsonObject;
use schemars::{
    JsonSchema, Schema,
    generate::SchemaSettings,
    transform::{RecursiveTransform, Transform},
};
use serde_json::{Value, json};

#[cfg(test)]
pub(super) use plain::KEYWORDS;

use super::{
    names::{CLEARABLE, KEYWORD, Kind, Named},
    reading::{self, READ},
};

/// An input's schema, and the description from the doc comment of its type.
pub(super) struct Input {
    pub description: String,
    pub schema: Arc<JsonObject>,
    /// The inputs that take names.
    pub named: Vec<Named>,
    /// What each input takes.
    pub inputs: Vec<reading::Input>,
}

/// Derives both from the type.
pub(super) fn of<T: JsonSchema>() -> Input {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(simplify).transform(&mut schema);

    let object = schema.ensure_object();
    let description = match object.shift_remove("description") {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    // The protocol's default; 70 bytes a tool.
    object.shift_remove("$schema");
    let inputs = reading::Input::all(object);
    let properties = object.entry("properties").or_insert_with(|| json!({}));
    let named = properties.as_object_mut().into_iter().flatten();
    let named = named.filter_map(|(argument, input)| {
        let clearable = input.as_object_mut()?.shift_remove(CLEARABLE).is_some();
        strip(input, READ);
        Some(Named {
            argument: argument.clone(),
            kind: take_kind(input)?,
            clearable,
            takes_none: false,
        })
    });
    let named = named.collect();
    Input {
        description,
        named,
        inputs,
        schema: Arc::new(object.clone()),
    }
}

/// Gives a tool's schema the shape in which it is published.
pub(super) fn publish(schema: &mut JsonObject) {
    plain::plain(schema);
}

/// Takes our keyword out of an input's schema, wherever it stands; what it said.
fn take_kind(schema: &mut Value) -> Option<Kind> {
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

/// Takes a keyword out of a schema, wherever it stands.
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
    // It is what an optional input is without being said.
    if object.get("default") == Some(&Value::Null) {
        object.shift_remove("default");
    }
    // What the elements are, the list says itself.
    if let Some(Value::Object(items)) = object.get_mut("items") {
        items.shift_remove("description");
    }
    // Line breaks of the source are none of the sentence.
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
