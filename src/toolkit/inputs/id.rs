//! Ids that several JSON types can express, or that only some numbers can be.

use std::{borrow::Cow, ops::RangeInclusive};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, Unexpected},
};

use super::plain::Integer;
use crate::toolkit::{
    entity::{ENTITY, Entity},
    input_kind::{Mark, READ},
};

/// A numeric id or a key: `12`, `"12"` or `"PROJ"`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged, expecting = "expected an id or a key")]
pub(crate) enum IdOrKey {
    Id(Integer),
    Key(String),
}

/// A numeric id or a key of an issue.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct IssueIdOrKey(IdOrKey);

/// The numeric id of a wiki page, also as a string of digits.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct WikiId(Integer);

impl<'de> Deserialize<'de> for WikiId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match IdOrKey::deserialize(deserializer)? {
            IdOrKey::Id(id) => Ok(Self(id)),
            IdOrKey::Key(text) => {
                let digits = text.bytes().all(|byte| byte.is_ascii_digit());
                let id = text.parse().ok().filter(|_| digits);
                id.map(|id| Self(Integer(id)))
                    .ok_or_else(|| D::Error::invalid_value(Unexpected::Str(&text), &"a numeric id"))
            }
        }
    }
}

/// The activity types that Backlog may have: it adds some from time to time. -1 is a type without
/// a name.
const ACTIVITY_TYPES: RangeInclusive<i64> = -1..=255;

/// One of [`ACTIVITY_TYPES`], except 0.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct ActivityType(Integer);

impl<'de> Deserialize<'de> for ActivityType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let kind = Integer::deserialize(deserializer)?;
        if kind.get() != 0 && ACTIVITY_TYPES.contains(&kind.get()) {
            Ok(Self(kind))
        } else {
            let unexpected = Unexpected::Signed(kind.get());
            Err(D::Error::invalid_value(unexpected, &"an activity type"))
        }
    }
}

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
    IdOrKey: {"type": ["string", "number"]},
    IssueIdOrKey: {
        "type": ["string", "number"], READ: Mark::IssueIdOrKey, ENTITY: Entity::Issue
    },
    WikiId: {"type": ["string", "number"], READ: Mark::WikiPage, ENTITY: Entity::Wiki},
    ActivityType: {
        "type": ["number", "string"], READ: Mark::Activity, ENTITY: Entity::ActivityType
    }
);
