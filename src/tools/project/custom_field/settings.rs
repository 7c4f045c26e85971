//! The options that only some types of custom fields have.
//!
//! They are in one object, tagged by the type, so that the schema shows which option belongs to
//! which type. [`spread`] converts them:
//!
//! | input | parameters |
//! |---|---|
//! | `settings.type` | `typeId`, when adding |
//! | `settings.min`, … | `min`, … |
//! | `settings.initialShift: 0` | `initialValueType=1` |
//! | `settings.initialShift: n` | `initialValueType=2&initialShift=n` |
//! | `settings.initialDate: d` | `initialValueType=3&initialDate=d` |

use std::borrow::Cow;

use backlog_client::InputError;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::toolkit::{
    entity::{ENTITY, Entity},
    inputs::{Date, Decimal, Integer},
};

/// Its schema is written by hand, at half the length of the derived one.
#[derive(Deserialize, Serialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub(super) enum Settings {
    SingleList {
        allow_add_item: Option<bool>,
    },
    MultipleList {
        allow_add_item: Option<bool>,
    },
    CheckBox {
        allow_add_item: Option<bool>,
        allow_input: Option<bool>,
    },
    Radio {
        allow_add_item: Option<bool>,
        allow_input: Option<bool>,
    },
    Text {},
    TextArea {},
    Numeric {
        min: Option<Decimal>,
        max: Option<Decimal>,
        initial_value: Option<Decimal>,
        unit: Option<String>,
    },
    Date {
        min: Option<Date>,
        max: Option<Date>,
        initial_date: Option<Date>,
        initial_shift: Option<Integer>,
    },
}

impl JsonSchema for Settings {
    fn schema_name() -> Cow<'static, str> {
        "CustomFieldSettings".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let of = |types: &[&str], settings: &[(&str, &str)]| {
            let mut properties = Map::from_iter([("type".to_owned(), json!({"enum": types}))]);
            let typed = |(name, kind): &(&str, &str)| ((*name).to_owned(), json!({"type": kind}));
            properties.extend(settings.iter().map(typed));
            json!({"type": "object", "properties": properties, "required": ["type"]})
        };
        let (allow_add_item, allow_input) =
            (("allowAddItem", "boolean"), ("allowInput", "boolean"));
        json_schema!({"oneOf": [
            of(&["singleList", "multipleList"], &[allow_add_item]),
            of(&["checkBox", "radio"], &[allow_add_item, allow_input]),
            of(&["text", "textArea"], &[]),
            of(&["numeric"], &[
                ("min", "number"), ("max", "number"), ("initialValue", "number"),
                ("unit", "string"),
            ]),
            of(&["date"], &[
                ("min", "string"), ("max", "string"), ("initialDate", "string"),
                ("initialShift", "number"),
            ]),
        ], ENTITY: Entity::CustomField})
    }
}

impl Settings {
    pub(super) fn type_id(&self) -> u8 {
        match self {
            Self::Text {} => 1,
            Self::TextArea {} => 2,
            Self::Numeric { .. } => 3,
            Self::Date { .. } => 4,
            Self::SingleList { .. } => 5,
            Self::MultipleList { .. } => 6,
            Self::CheckBox { .. } => 7,
            Self::Radio { .. } => 8,
        }
    }

    pub(super) fn is_list(&self) -> bool {
        self.type_id() >= 5
    }
}

/// Converts the settings to parameters.
///
/// # Errors
/// The settings contradict each other.
pub(super) fn spread(inputs: &mut Map<String, Value>) -> Result<(), InputError> {
    let Some(Value::Object(mut settings)) = inputs.shift_remove("settings") else {
        return Ok(());
    };
    settings.shift_remove("type");
    let given = |name: &str| settings.get(name).filter(|value| !value.is_null());
    if is_less(given("max"), given("min")) {
        return Err(invalid("settings", "max is less than min"));
    }
    let initial = given("initialValue");
    if is_less(initial, given("min")) || is_less(given("max"), initial) {
        return Err(invalid(
            "settings",
            "initialValue is not between min and max",
        ));
    }
    let start = match (given("initialDate"), given("initialShift")) {
        (None, None) => None,
        (Some(_), Some(_)) => {
            return Err(invalid(
                "settings",
                "give initialDate or initialShift, not both",
            ));
        }
        (Some(_), None) => Some(3),
        (None, Some(shift)) if shift == 0 => Some(1),
        (None, Some(_)) => Some(2),
    };
    if let Some(start) = start {
        settings.insert("initialValueType".to_owned(), json!(start));
    }
    if start == Some(1) {
        settings.shift_remove("initialShift");
    }
    inputs.extend(settings);
    Ok(())
}

/// Whether one number, or one day, comes before another.
fn is_less(one: Option<&Value>, other: Option<&Value>) -> bool {
    match (one, other) {
        (Some(Value::Number(one)), Some(Value::Number(other))) => one.as_f64() < other.as_f64(),
        (Some(Value::String(one)), Some(Value::String(other))) => one < other,
        _ => false,
    }
}

pub(super) fn invalid(argument: &str, reason: &'static str) -> InputError {
    InputError::Invalid {
        argument: argument.to_owned(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use backlog_client::Operation;

    use super::*;

    /// The form that adds a field with these settings.
    fn form(settings: Value) -> Result<String, String> {
        let settings: Settings =
            serde_json::from_value(settings).map_err(|error| error.to_string())?;
        let settings = serde_json::to_value(settings).unwrap();
        let mut inputs = Map::from_iter([("settings".to_owned(), settings)]);
        spread(&mut inputs).map_err(|error| error.to_string())?;
        let request = Operation::post("x").fill(inputs).unwrap();
        let pairs = request
            .form
            .iter()
            .map(|(key, value)| format!("{key}={value}"));
        Ok(pairs.collect::<Vec<_>>().join("&"))
    }

    #[test]
    fn settings_become_parameters() {
        for (settings, expected) in [
            (json!({"type": "text"}), ""),
            (
                json!({"type": "singleList", "allowAddItem": true}),
                "allowAddItem=true",
            ),
            (
                json!({"type": "numeric", "min": 0, "max": 9.5, "initialValue": 1, "unit": "h"}),
                "min=0&max=9.5&initialValue=1&unit=h",
            ),
            (
                json!({"type": "date", "initialShift": 0}),
                "initialValueType=1",
            ),
            (
                json!({"type": "date", "min": "2026-01-31", "initialShift": -7}),
                "min=2026-01-31&initialShift=-7&initialValueType=2",
            ),
            (
                json!({"type": "date", "initialDate": "2026-01-31", "initialShift": null}),
                "initialDate=2026-01-31&initialValueType=3",
            ),
        ] {
            assert_eq!(form(settings).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn contradictory_settings_are_rejected() {
        for (settings, expected) in [
            (
                json!({"type": "numeric", "min": 2, "max": 1.5}),
                "max is less than min",
            ),
            (
                json!({"type": "date", "min": "2026-02-01", "max": "2026-01-31"}),
                "max is less than min",
            ),
            (
                json!({"type": "numeric", "min": 2, "initialValue": 1}),
                "not between",
            ),
            (
                json!({"type": "numeric", "max": 2, "initialValue": 3}),
                "not between",
            ),
            (
                json!({"type": "date", "initialDate": "2026-01-31", "initialShift": 0}),
                "not both",
            ),
            (json!({"type": "text", "unit": "h"}), "unknown field `unit`"),
            (json!({"type": "radio", "min": 1}), "unknown field `min`"),
            (
                json!({"type": "singleList", "allowInput": true}),
                "unknown field `allowInput`",
            ),
            (
                json!({"type": "numeric", "min": "2026-01-31"}),
                "expected a JSON number",
            ),
            (json!({"type": "list"}), "unknown variant `list`"),
        ] {
            let error = form(settings.clone()).unwrap_err();
            assert!(error.contains(expected), "{settings}: {error}");
        }
    }
}
