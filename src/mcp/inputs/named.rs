//! Ids that callers may also give by name. Here they are numbers only: the names have been looked
//! up before ([`names`](crate::mcp::names)).

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::Integer;
use crate::mcp::names::{KEYWORD, NameKind};

macro_rules! named {
    ($($type:ident),+) => {$(
        #[derive(Clone, Copy, Debug, Deserialize, Serialize)]
        #[serde(transparent)]
        pub(crate) struct $type(Integer);

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": ["number", "string"], KEYWORD: NameKind::$type})
            }
        }
    )+};
}

named!(
    Project,
    Issue,
    User,
    SpaceUser,
    Priority,
    Resolution,
    IssueType,
    Status,
    Category,
    Version,
    PullRequestStatus,
    CustomField,
    CustomFieldItem,
    Team
);

impl CustomField {
    pub fn get(self) -> i64 {
        self.0.get()
    }
}
