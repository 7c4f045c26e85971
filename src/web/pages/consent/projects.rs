//! The choice of projects. It is optional: until it is in use, it is closed and below the buttons,
//! which stay in sight. The form sends `projects`, keys that the user typed, or `project_<KEY>` of
//! each box that is ticked.

use crate::web::pages::{
    display,
    locale::{Locale, Phrase},
};

/// The field of the form with typed keys.
pub const PROJECTS_FIELD: &str = "projects";
/// The beginning of the field of a box; the key follows.
pub const PROJECT_BOX: &str = "project_";
/// The number of characters shown of what a user typed.
const TYPED_MAX: usize = 60;

#[derive(Clone, Debug, Default)]
pub struct ProjectChoice {
    pub options: ProjectOptions,
    /// The problem of the previous input.
    pub problem: Option<ProjectsProblem>,
    /// Whether the user has chosen something, which must not be out of sight.
    pub is_open: bool,
}

#[derive(Clone, Debug, Default)]
pub enum ProjectOptions {
    /// There is nothing to choose from.
    #[default]
    Settled,
    /// The connection is for this project.
    Only(String),
    /// Some of these: whether each is ticked, and its key.
    Boxes(Vec<(bool, String)>),
    /// Any, with what the user has typed.
    Typed(String),
}

/// Why the choice cannot be granted.
#[derive(Clone, Debug)]
pub enum ProjectsProblem {
    /// This is not a key.
    Malformed(String),
    /// The operator does not allow this project.
    NotAllowed(String),
    TooMany,
}

impl ProjectsProblem {
    pub(in crate::web::pages) fn text(&self, locale: Locale) -> Phrase {
        let (key, value) = match self {
            Self::Malformed(typed) => ("consent.projects_malformed", typed.as_str()),
            Self::NotAllowed(key) => ("consent.projects_not_allowed", key.as_str()),
            Self::TooMany => ("consent.projects_too_many", ""),
        };
        locale.phrase(key, display::line(value, TYPED_MAX).unwrap_or_default())
    }
}

impl ProjectChoice {
    /// Whether the access is restricted by it, which must be in sight before the decision. An
    /// unused option comes after the decision.
    pub(in crate::web::pages) fn is_in_use(&self) -> bool {
        self.is_open || self.problem.is_some() || matches!(self.options, ProjectOptions::Only(_))
    }

    pub(in crate::web::pages) fn is_choice(&self) -> bool {
        matches!(
            self.options,
            ProjectOptions::Boxes(_) | ProjectOptions::Typed(_)
        )
    }
}
