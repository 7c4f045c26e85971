//! What an input takes, from the schema of its type.

use rmcp::model::JsonObject;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::range::Range;
use crate::mcp::names::{self, CLEARABLE, KEYWORD};

/// The keyword that says it where the JSON type does not; it is not published.
pub(in crate::mcp) const READ: &str = "x-read";

/// A value that several ways of writing mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::mcp) enum Mark {
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
    /// Backlog knows `false` only.
    OnlyFalse,
    CustomFieldValues,
    CustomFieldFilters,
}

/// What one value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::mcp) enum Kind {
    Text,
    Boolean,
    /// One of these words.
    Choice(Vec<String>),
    Marked(Mark),
    /// An id or a name.
    Named(names::Kind),
    /// Its type judges it.
    Other,
}

/// An input of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::mcp) struct Input {
    pub name: String,
    pub kind: Kind,
    pub is_list: bool,
    /// The bounds of a number.
    pub range: Option<Range>,
    pub is_required: bool,
    /// Whether what is there can be removed.
    pub is_clearable: bool,
}

impl Input {
    /// The inputs of a schema that still has its private keywords.
    pub fn all(schema: &JsonObject) -> Vec<Self> {
        let required = schema.get("required").and_then(Value::as_array);
        let properties = schema.get("properties").and_then(Value::as_object);
        let inputs = properties.into_iter().flatten();
        let inputs = inputs.map(|(name, schema)| {
            let items = schema.get("items");
            Self {
                name: name.clone(),
                kind: Kind::of(schema)
                    .or_else(|| Kind::of(items?))
                    .unwrap_or(Kind::Other),
                is_list: items.is_some(),
                range: Range::of(schema).or_else(|| Range::of(items?)),
                is_required: required.is_some_and(|all| all.iter().any(|it| it == name)),
                is_clearable: schema.get(CLEARABLE).is_some(),
            }
        });
        inputs.collect()
    }
}

impl Kind {
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

    /// Whether a number names something, so that 0 names nothing.
    pub fn is_id(&self) -> bool {
        match self {
            // 0 is a resolution.
            Self::Named(kind) => !matches!(kind, names::Kind::Resolution | names::Kind::Sort),
            Self::Marked(mark) => matches!(
                mark,
                Mark::IssueId | Mark::IssueKey | Mark::IssueIdOrKey | Mark::ProjectKey
            ),
            _ => false,
        }
    }

    /// Whether a text may hold anything, so that a word in it has no other meaning.
    pub fn is_free_text(&self) -> bool {
        matches!(self, Self::Text)
    }
}
