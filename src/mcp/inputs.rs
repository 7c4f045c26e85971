//! The values that tools accept: types that parse strictly, so that Backlog receives nothing
//! malformed, and describe themselves in the schema.
//!
//! The type of an input says what it names ([`Entity`]): an `Integer` or a `String` names nothing.

mod clearable;
mod color;
mod custom_field;
mod entity_id;
mod id;
mod list;
mod named;
pub(super) mod several;
mod sort;

use std::{borrow::Cow, fmt};

use chrono::NaiveDate;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, Unexpected, Visitor},
};

pub(super) use clearable::Clearable;
pub(super) use color::{IssueTypeColor, StatusColor};
pub(super) use custom_field::{CustomFieldFilter, CustomFieldValue};
pub(super) use entity_id::{
    ActivityId, AddedProjectKey, ChangedProjectKey, DocumentAttachmentId, HookUrl,
    IssueAttachmentId, IssueCommentId, IssueSharedFileId, ListedIssueId, NotificationId, PageBound,
    PullRequestAttachmentId, PullRequestCommentId, PullRequestNumber, SharedDirectory,
    SharedFileId, StarId, StarredId, UploadedFileId, UserId, WatchingId, WebhookId,
    WikiAttachmentId, WikiSharedFileId,
};
pub(super) use id::{ActivityType, IdOrKey, IssueIdOrKey, WikiId};
pub(super) use list::{Count, Offset, Order};
pub(super) use named::{
    Category, CustomField, CustomFieldItem, Issue, IssueType, Priority, Project, PullRequestStatus,
    RelatedIssue, Resolution, SpaceUser, Status, Team, User, Version,
};
pub(super) use sort::{SORTS, Sort};

use super::{
    entity::{ENTITY, Entity},
    input_kind::{Mark, READ},
    name_kind::NameKind,
};

/// Largest integer that survives a JavaScript client.
const MAX_SAFE: i64 = 1 << 53;

/// Schemas without a description, which the field that uses the type has.
macro_rules! plain_schema {
    ($type:ident: $kind:literal, $mark:path $(, $entity:path)?) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": $kind, READ: $mark $(, ENTITY: $entity)?})
            }
        }
    };
}

plain_schema!(Integer: "number", Mark::Integer);
plain_schema!(Whole: "integer", Mark::Integer);
plain_schema!(Decimal: "number", Mark::Decimal);
plain_schema!(Date: "string", Mark::Date);
plain_schema!(DocumentId: "string", Mark::Document, Entity::Document);

/// A whole number: `12` and `12.0`, but no fraction and no string.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Integer(i64);

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IntegerVisitor;

        impl Visitor<'_> for IntegerVisitor {
            type Value = Integer;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer")
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Integer, E> {
                if (-MAX_SAFE..=MAX_SAFE).contains(&value) {
                    Ok(Integer(value))
                } else {
                    Err(E::invalid_value(Unexpected::Signed(value), &self))
                }
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Integer, E> {
                let error = || E::invalid_value(Unexpected::Unsigned(value), &self);
                let value = i64::try_from(value).map_err(|_| error())?;
                self.visit_i64(value)
            }

            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_precision_loss,
                reason = "whole and within ±2^53, so exact"
            )]
            fn visit_f64<E: Error>(self, value: f64) -> Result<Integer, E> {
                if value.fract() == 0.0 && value.abs() <= MAX_SAFE as f64 {
                    Ok(Integer(value as i64))
                } else {
                    Err(E::invalid_value(Unexpected::Float(value), &self))
                }
            }
        }

        deserializer.deserialize_any(IntegerVisitor)
    }
}

impl Integer {
    pub fn get(self) -> i64 {
        self.0
    }
}

/// An [`Integer`] that the schema calls one; `number` is the usual type of the other inputs.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub(super) struct Whole(Integer);

impl Whole {
    pub fn get(self) -> i64 {
        self.0.get()
    }
}

/// Any number, such as hours.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub(super) struct Decimal(serde_json::Number);

/// The id of a document.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub(super) struct DocumentId(String);

/// A calendar day as `yyyy-MM-dd`.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Date(String);

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if is_date(&text) {
            Ok(Self(text))
        } else {
            let expected = &"a date as yyyy-MM-dd";
            Err(D::Error::invalid_value(Unexpected::Str(&text), expected))
        }
    }
}

/// Whether a text is a calendar day as `yyyy-MM-dd`.
pub(super) fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number = |digits: &[u8]| {
        let add = |number: u16, digit: &u8| match digit {
            b'0'..=b'9' => Some(number * 10 + u16::from(digit - b'0')),
            _ => None,
        };
        digits.iter().try_fold(0, add)
    };
    // By hand, because every date in every call is checked, and chrono takes ten times as long. It
    // also accepts `2026-1-2`, which Backlog does not.
    let day = || {
        let (year, month, day) = match bytes {
            [year @ .., b'-', _, _, b'-', _, _] if year.len() == 4 => {
                (number(year)?, number(&bytes[5..7])?, number(&bytes[8..])?)
            }
            _ => return None,
        };
        NaiveDate::from_ymd_opt(year.into(), month.into(), day.into())
    };
    day().is_some()
}

/// Project id, key or name; or give projectKey
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct ProjectId(Project);

/// Project key such as PROJ, or name; or give projectId
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend(
    "x-read" = Mark::ProjectKey,
    "x-name" = NameKind::ProjectKey,
    "x-entity" = Entity::Project
))]
pub(super) struct ProjectKey(#[schemars(with = "String")] IdOrKey);

// One input instead of the two of the upstream server's tools, which would add 70 bytes to each
// tool's schema. `arguments::settle_project` accepts it under their names as well.
/// Project key such as PROJ, name or id
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend(
    "x-read" = Mark::ProjectKey,
    "x-name" = NameKind::ProjectKey,
    "x-entity" = Entity::Project
))]
pub(super) struct ProjectIdOrKey(IdOrKey);

/// Numeric id; or give issueKey
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("x-read" = Mark::IssueId, "x-entity" = Entity::Issue))]
pub(super) struct IssueId(Integer);

/// Key such as PROJ-12; or give issueId
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("x-read" = Mark::IssueKey, "x-entity" = Entity::Issue))]
pub(super) struct IssueKey(String);

/// Markdown, or Backlog notation if the project's textFormattingRule is backlog (get_project)
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct Markup(String);

/// Repository id; or give repoName
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("x-entity" = Entity::Repository))]
pub(super) struct RepoId(Integer);

/// Repository name; or give repoId
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("x-read" = Mark::RepositoryName, "x-entity" = Entity::Repository))]
pub(super) struct RepoName(String);
