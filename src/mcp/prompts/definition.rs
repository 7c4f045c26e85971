//! What a prompt is: its arguments, and a text for the tools of the caller.

use super::given::Given;

/// The kind of value that an argument holds, for completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::mcp) enum Holds {
    ProjectKey,
    /// The name of a milestone of the project in the argument `project`.
    Milestone,
    Language,
    Text,
}

pub(super) struct Argument {
    pub name: &'static str,
    pub description: &'static str,
    pub required: bool,
    pub holds: Holds,
}

pub(super) struct Definition {
    pub name: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    pub arguments: &'static [Argument],
    /// The texts, the preferred one first: a caller gets the first whose tools it may call.
    pub texts: &'static [Text],
}

/// Instructions that use some tools.
pub(super) struct Text {
    pub tools: &'static [&'static str],
    pub render: fn(&Given<'_>) -> askama::Result<String>,
}

pub(super) const fn argument(
    name: &'static str,
    description: &'static str,
    holds: Holds,
) -> Argument {
    Argument {
        name,
        description,
        required: true,
        holds,
    }
}

impl Argument {
    pub(super) const fn optional(mut self) -> Self {
        self.required = false;
        self
    }
}

pub(super) const PROJECT: Argument =
    argument("project", "Project key such as PROJ", Holds::ProjectKey);
pub(super) const LANGUAGE: Argument = argument(
    "language",
    "Language of the response; default: yours",
    Holds::Language,
)
.optional();
