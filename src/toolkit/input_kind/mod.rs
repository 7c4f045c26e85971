//! Determines what an input accepts, from the schema of its type.

pub(crate) mod range;

use rmcp::model::JsonObject;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::input_kind::range::Range;
use crate::toolkit::{
    entity::{ENTITY, Entity},
    name_kind::{CLEARABLE, KEYWORD, NameKind},
};

/// The keyword for types that JSON types do not express; it is not published.
pub(crate) const READ: &str = "x-read";

/// A type of value that may be written in several forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Mark {
    Integer,
    Decimal,
    Date,
    IssueId,
    IssueKey,
    IssueIdOrKey,
    ProjectKey,
    RepositoryName,
    WikiPage,
    Document,
    Activity,
    /// Backlog accepts only `false`.
    OnlyFalse,
    CustomFieldValues,
    CustomFieldFilters,
}

/// The type of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum InputKind {
    Text,
    Boolean,
    /// One of these words.
    Choice(Vec<String>),
    Marked(Mark),
    /// An id or a name.
    Named(NameKind),
    /// Anything else, which its own type checks.
    Other,
}

/// An input of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Input {
    pub name: String,
    pub kind: InputKind,
    /// The entity that it names, as its type says.
    pub entity: Option<Entity>,
    pub is_list: bool,
    /// The range of a number.
    pub range: Option<Range>,
    pub is_required: bool,
    /// Whether the current value can be removed.
    pub is_clearable: bool,
}

impl Input {
    /// Reads the inputs of a schema that still has its private keywords.
    pub(crate) fn all(schema: &JsonObject) -> Vec<Self> {
        let required = schema.get("required").and_then(Value::as_array);
        let properties = schema.get("properties").and_then(Value::as_object);
        let inputs = properties.into_iter().flatten();
        let inputs = inputs.map(|(name, schema)| {
            let items = schema.get("items");
            Self {
                name: name.clone(),
                kind: InputKind::of(schema)
                    .or_else(|| InputKind::of(items?))
                    .unwrap_or(InputKind::Other),
                entity: entity_of(schema).or_else(|| entity_of(items?)),
                is_list: items.is_some(),
                range: Range::of(schema).or_else(|| Range::of(items?)),
                is_required: required.is_some_and(|all| all.iter().any(|it| it == name)),
                is_clearable: schema.get(CLEARABLE).is_some(),
            }
        });
        inputs.collect()
    }
}

fn entity_of(schema: &Value) -> Option<Entity> {
    let entity = schema.get(ENTITY)?;
    serde_json::from_value(entity.clone()).ok()
}

impl InputKind {
    fn of(schema: &Value) -> Option<Self> {
        let keyword = |name| schema.get(name).cloned();
        if let Some(mark) = keyword(READ).and_then(|mark| serde_json::from_value(mark).ok()) {
            return Some(Self::Marked(mark));
        }
        if let Some(kind) = keyword(KEYWORD).and_then(|kind| serde_json::from_value(kind).ok()) {
            return Some(Self::Named(kind));
        }
        if let Some(Value::Array(words)) = schema.get("enum") {
            let words = words.iter().filter_map(Value::as_str);
            return Some(Self::Choice(words.map(str::to_owned).collect()));
        }
        match schema.get("type")?.as_str()? {
            "string" => Some(Self::Text),
            "boolean" => Some(Self::Boolean),
            "number" | "integer" => Some(Self::Marked(Mark::Integer)),
            "object" => Some(Self::Other),
            _ => None,
        }
    }

    /// Whether a number is an id, so that 0 names nothing.
    pub(crate) fn is_id(&self) -> bool {
        match self {
            // 0 is a valid resolution.
            Self::Named(kind) => !matches!(kind, NameKind::Resolution | NameKind::Sort),
            Self::Marked(mark) => matches!(
                mark,
                Mark::IssueId | Mark::IssueKey | Mark::IssueIdOrKey | Mark::ProjectKey
            ),
            _ => false,
        }
    }

    /// Whether any text is accepted, so that words such as `none` have no special meaning.
    pub(crate) fn is_free_text(&self) -> bool {
        matches!(self, Self::Text)
    }
}
