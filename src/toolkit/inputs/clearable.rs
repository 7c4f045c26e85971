//! Values that an empty text removes, as in Backlog's forms.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::{Value, json};

use crate::toolkit::name_kind::CLEARABLE;

/// A value, or the empty string to remove the current one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clearable<T>(Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Clearable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) if text.is_empty() => Ok(Self(None)),
            value => {
                let value = T::deserialize(value).map_err(D::Error::custom)?;
                Ok(Self(Some(value)))
            }
        }
    }
}

impl<T: Serialize> Serialize for Clearable<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            None => serializer.serialize_str(""),
            Some(value) => value.serialize(serializer),
        }
    }
}

impl<T: JsonSchema> JsonSchema for Clearable<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Clearable{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        let kind = schema.get("type").cloned().unwrap_or_default();
        if kind == "number" {
            schema.insert("type".to_owned(), json!(["string", kind]));
        }
        schema.insert(CLEARABLE.to_owned(), Value::Bool(true));
        schema
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toolkit::inputs::{Date, Decimal, User};

    #[test]
    fn an_empty_text_removes_and_nothing_else_is_one() {
        let hours = |value: Value| serde_json::from_value::<Clearable<Decimal>>(value);
        assert_eq!(serde_json::to_value(hours(json!("")).unwrap()).unwrap(), "");
        assert_eq!(
            serde_json::to_value(hours(json!(1.5)).unwrap()).unwrap(),
            1.5
        );
        assert!(hours(json!("1.5")).is_err());
        assert!(hours(json!(" ")).is_err());
        let date = serde_json::from_value::<Clearable<Date>>(json!("2026-02-30"));
        let error = date.unwrap_err().to_string();
        assert!(error.contains("expected a date as yyyy-MM-dd"), "{error}");
    }

    #[test]
    fn the_schema_takes_both() {
        let of = |schema: Schema| schema.get("type").cloned();
        let mut generator = SchemaGenerator::default();
        let hours = Clearable::<Decimal>::json_schema(&mut generator);
        assert_eq!(of(hours), Some(json!(["string", "number"])));
        let date = Clearable::<Date>::json_schema(&mut generator);
        assert_eq!(of(date), Some(json!("string")));
        let user = Clearable::<User>::json_schema(&mut generator);
        assert_eq!(of(user), Some(json!(["number", "string"])));
    }
}
