//! The limit to tools by their names.

use std::collections::BTreeSet;

use super::intersection::both;

/// The tools that are allowed by name. Names are those without the operator's prefix.
///
/// A work tool that is allowed by name comes with the operations that it performs, but an exclusion
/// applies to an operation as it does to the classic tool of that operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ToolLimit {
    /// The only tools that may be listed and called; `None` for all.
    allowed: Option<BTreeSet<String>>,
    excluded: BTreeSet<String>,
}

/// Why a tool may not be used by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    NotAllowed,
    Excluded,
}

impl ToolLimit {
    /// Allows only these tools. A name that this release does not know allows nothing, but limits
    /// like a known one.
    pub fn only<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        Self {
            allowed: Some(names.into_iter().map(Into::into).collect()),
            ..Self::default()
        }
    }

    /// Excludes these tools.
    #[must_use]
    pub fn without<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.excluded.extend(names.into_iter().map(Into::into));
        self
    }

    /// Both limits.
    pub(super) fn and(&self, other: &Self) -> Self {
        Self {
            allowed: both(self.allowed.as_ref(), other.allowed.as_ref()),
            excluded: &self.excluded | &other.excluded,
        }
    }

    /// Whether the limit chooses its tools by name, which replaces the usual list.
    pub(super) fn is_choice(&self) -> bool {
        self.allowed.is_some()
    }

    pub(super) fn check(&self, tool: &str) -> Result<(), Refused> {
        let allowed = self.allowed.as_ref();
        if allowed.is_some_and(|allowed| !allowed.contains(tool)) {
            return Err(Refused::NotAllowed);
        }
        self.check_operation(tool)
    }

    /// As [`Self::check`], for the operation of a work tool.
    pub(super) fn check_operation(&self, tool: &str) -> Result<(), Refused> {
        match self.excluded.contains(tool) {
            true => Err(Refused::Excluded),
            false => Ok(()),
        }
    }
}
