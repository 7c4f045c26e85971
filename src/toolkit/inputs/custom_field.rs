//! Custom fields: values to set and filters, and their names on the wire.
//!
//! They serialize to the parameters that Backlog knows; a list of them is
//! spread over the request by [`Operation`](backlog_client::Operation).
//!
//! | input | parameters |
//! |---|---|
//! | value | `customField_{id}=v` |
//! | list of values | `customField_{id}[0]=v` … |
//! | otherValue | `customField_{id}_otherValue=v` |
//! | text filter | `customField_{id}=v` |
//! | number or date filter | `customField_{id}_min=v`, `customField_{id}_max=v` |
//! | list filter | `customField_{id}[0]=v` …, for a single value, too: Backlog ignores any other form and returns everything |

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error, ser::SerializeMap};

use super::{
    named::CustomField,
    plain::{Date, Decimal},
};
use crate::toolkit::{entity::Entity, input_kind::Mark};

/// A value for one custom field.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(
    transform = crate::toolkit::inputs::several::offer,
    extend("x-read" = Mark::CustomFieldValues, "x-entity" = Entity::CustomField)
)]
pub(crate) struct CustomFieldValue {
    /// Name or id of the field
    id: CustomField,
    /// Text, number, yyyy-MM-dd, or an item by name or id
    value: Option<OneOrMore>,
    /// Free text of the item "other"
    other_value: Option<String>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "expected a string, a number, or a list of either"
)]
enum OneOrMore {
    Text(String),
    Number(Decimal),
    Texts(Vec<String>),
    Numbers(Vec<Decimal>),
}

impl Serialize for CustomFieldValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let id = self.id.get();
        let mut parameters = serializer.serialize_map(None)?;
        if let Some(value) = &self.value {
            parameters.serialize_entry(&format!("customField_{id}"), value)?;
        }
        if let Some(text) = &self.other_value {
            parameters.serialize_entry(&format!("customField_{id}_otherValue"), text)?;
        }
        parameters.end()
    }
}

/// A condition on one custom field.
#[derive(Debug, JsonSchema)]
#[schemars(
    transform = crate::toolkit::inputs::several::offer,
    extend("x-read" = Mark::CustomFieldFilters, "x-entity" = Entity::CustomField)
)]
pub(crate) struct CustomFieldFilter(Filter);

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
enum Filter {
    Text {
        /// Name or id of the field
        id: CustomField,
        /// Text to find
        #[schemars(length(min = 1))]
        value: String,
    },
    Numeric {
        /// Name or id of the field
        id: CustomField,
        /// Lowest number
        min: Option<Decimal>,
        /// Highest number
        max: Option<Decimal>,
    },
    Date {
        /// Name or id of the field
        id: CustomField,
        /// first day as yyyy-MM-dd
        min: Option<Date>,
        /// last day as yyyy-MM-dd
        max: Option<Date>,
    },
    List {
        /// Name or id of the field
        id: CustomField,
        /// item by name or id
        value: Items,
    },
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Items {
    One(CustomField),
    Several(#[schemars(length(min = 1))] Vec<CustomField>),
}

impl<'de> Deserialize<'de> for CustomFieldFilter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let filter = Filter::deserialize(deserializer)?;
        match &filter {
            Filter::Text { value, .. } if value.is_empty() => {
                Err(D::Error::custom("a text filter needs a value"))
            }
            Filter::Numeric {
                min: None,
                max: None,
                ..
            } => Err(D::Error::custom("a numeric filter needs min or max")),
            Filter::Date {
                min: None,
                max: None,
                ..
            } => Err(D::Error::custom("a date filter needs min or max")),
            Filter::List {
                value: Items::Several(items),
                ..
            } if items.is_empty() => Err(D::Error::custom(
                "expected a number or a list of numbers, at least one",
            )),
            _ => Ok(Self(filter)),
        }
    }
}

impl Serialize for CustomFieldFilter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parameters = serializer.serialize_map(None)?;
        match &self.0 {
            // Backlog would take blanks for a word to search.
            Filter::Text { value, .. } if value.trim().is_empty() => {}
            Filter::Text { id, value } => {
                parameters.serialize_entry(&format!("customField_{}", id.get()), value)?;
            }
            Filter::Numeric { id, min, max } => {
                parameters.serialize_entry(&format!("customField_{}_min", id.get()), min)?;
                parameters.serialize_entry(&format!("customField_{}_max", id.get()), max)?;
            }
            Filter::Date { id, min, max } => {
                parameters.serialize_entry(&format!("customField_{}_min", id.get()), min)?;
                parameters.serialize_entry(&format!("customField_{}_max", id.get()), max)?;
            }
            Filter::List { id, value } => {
                let items = match value {
                    Items::One(item) => std::slice::from_ref(item),
                    Items::Several(items) => items,
                };
                parameters.serialize_entry(&format!("customField_{}", id.get()), items)?;
            }
        }
        parameters.end()
    }
}

#[cfg(test)]
mod tests {
    use backlog_client::Operation;
    use serde::de::DeserializeOwned;
    use serde_json::{Map, Value, json};

    use super::*;

    /// What the input becomes in a form body.
    fn wire<T: DeserializeOwned + Serialize>(fields: Value) -> String {
        let fields: Vec<T> = serde_json::from_value(fields).unwrap();
        let fields = serde_json::to_value(fields).unwrap();
        let inputs = Map::from_iter([("customFields".to_owned(), fields)]);
        let request = Operation::post("issues").fill(inputs).unwrap();
        let pairs: Vec<_> = request
            .form
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        pairs.join("&")
    }

    #[test]
    fn values() {
        for (field, expected) in [
            (json!({"id": 5, "value": "a b"}), "customField_5=a b"),
            (json!({"id": 5, "value": 2.5}), "customField_5=2.5"),
            (json!({"id": 5, "value": ""}), "customField_5="),
            (
                json!({"id": 5, "value": [1, 2]}),
                "customField_5[0]=1&customField_5[1]=2",
            ),
            (json!({"id": 5, "value": ["1"]}), "customField_5[0]=1"),
            (
                json!({"id": 5, "value": 1, "otherValue": "x"}),
                "customField_5=1&customField_5_otherValue=x",
            ),
            (json!({"id": 5}), ""),
        ] {
            assert_eq!(wire::<CustomFieldValue>(json!([field])), expected);
        }
    }

    #[test]
    fn filters() {
        for (field, expected) in [
            (
                json!({"type": "text", "id": 5, "value": "word"}),
                "customField_5=word",
            ),
            (json!({"type": "text", "id": 5, "value": "  "}), ""),
            (
                json!({"type": "numeric", "id": 5, "min": 0, "max": 1.5}),
                "customField_5_min=0&customField_5_max=1.5",
            ),
            (
                json!({"type": "date", "id": 5, "max": "2026-01-31"}),
                "customField_5_max=2026-01-31",
            ),
            (
                json!({"type": "list", "id": 5, "value": 7}),
                "customField_5[0]=7",
            ),
            (
                json!({"type": "list", "id": 5, "value": [7, 8]}),
                "customField_5[0]=7&customField_5[1]=8",
            ),
        ] {
            assert_eq!(wire::<CustomFieldFilter>(json!([field])), expected);
        }
    }
}
