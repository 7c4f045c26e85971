//! The inputs that page and sort a list.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::plain::Integer;

/// The number of elements to return, within Backlog's limit for most lists.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct Count(Integer);

/// The number of elements to skip.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct Offset(Integer);

macro_rules! schema {
    ($($type:ident: $schema:tt),+) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )+};
}

schema!(
    Count: {
        "type": "number", "description": "How many to return",
        "minimum": 1, "maximum": 100, "default": 20
    },
    Offset: {
        "type": "number", "description": "How many to skip", "minimum": 0, "default": 0
    }
);

/// Sort order
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(extend("default" = "desc"))]
pub(crate) enum Order {
    Asc,
    Desc,
}
