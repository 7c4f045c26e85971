//! Random JSON for tests, in the forms that a server may write: with white space, and with escapes
//! where none are needed.

use std::fmt::Write;

use proptest::prelude::*;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::Value;

/// Any value with a few levels.
pub(crate) fn value() -> impl Strategy<Value = Value> {
    value_with_names(r#"id|[a-z"\\潮]{0,4}"#)
}

/// As [`value`], with fields whose names match a regular expression.
pub(crate) fn value_with_names(names: &'static str) -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0..4_i64).prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // Fractions that parsing does not round.
        any::<i32>().prop_map(|quarters| Value::from(f64::from(quarters) / 4.0)),
        any::<String>().prop_map(Value::from),
        r#"[a "\\/,:\[\]{}\n潮位🚢]{0,12}"#.prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 48, 6, move |inner| {
        let fields = prop::collection::vec((names, inner.clone()), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(Value::from),
            fields.prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// What [`written`] draws its white space and escapes from; `None`: it writes none of them.
pub(crate) fn seed() -> impl Strategy<Value = Option<u64>> {
    any::<Option<u64>>()
}

/// Writes a value as JSON.
pub(crate) fn written(value: &Value, seed: Option<u64>) -> String {
    let Some(seed) = seed else {
        return value.to_string();
    };
    let mut writer = Writer {
        random: StdRng::seed_from_u64(seed),
        json: String::new(),
    };
    writer.value(value);
    writer.json.trim_ascii().to_owned()
}

struct Writer {
    random: StdRng,
    json: String,
}

impl Writer {
    fn value(&mut self, value: &Value) {
        self.space();
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) => {
                self.json.push('[');
                for (place, item) in items.iter().enumerate() {
                    self.comma(place);
                    self.value(item);
                }
                self.space();
                self.json.push(']');
            }
            Value::Object(fields) => {
                self.json.push('{');
                for (place, (name, value)) in fields.iter().enumerate() {
                    self.comma(place);
                    self.space();
                    self.text(name);
                    self.space();
                    self.json.push(':');
                    self.value(value);
                }
                self.space();
                self.json.push('}');
            }
            other => self.json.push_str(&other.to_string()),
        }
        self.space();
    }

    fn comma(&mut self, place: usize) {
        if place > 0 {
            self.json.push(',');
        }
    }

    fn space(&mut self) {
        let spaces = ["", "", "", " ", "\n", "\r\n\t"];
        self.json
            .push_str(spaces[self.random.random_range(0..spaces.len())]);
    }

    fn text(&mut self, text: &str) {
        self.json.push('"');
        for character in text.chars() {
            match (self.random.random_range(0..4), character) {
                (0, _) => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        let _ = write!(self.json, "\\u{unit:04x}");
                    }
                }
                (1, '/') => self.json.push_str("\\/"),
                _ => {
                    let quoted = Value::from(character.to_string()).to_string();
                    self.json.push_str(&quoted[1..quoted.len() - 1]);
                }
            }
        }
        self.json.push('"');
    }
}
