//! What an operator lets callers do: upper bounds that can only be narrowed.

use std::collections::BTreeSet;

use thiserror::Error;

use super::{Toolset, tool::Spec};

/// Bounds on the tools of a caller. The default allows everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Policy {
    /// Only tools that change nothing.
    pub read_only: bool,
    /// Only tools of these sets; `None` for all.
    pub toolsets: Option<BTreeSet<Toolset>>,
}

/// Why a tool is out of bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum Denied {
    #[error("only tools that read are allowed here")]
    ReadOnly,
    #[error("the toolset `{0}` is not enabled here")]
    Toolset(Toolset),
}

impl Policy {
    /// Both bounds at once: the result allows what each of them allows.
    #[must_use]
    pub fn narrowed_by(&self, other: &Self) -> Self {
        let toolsets = match (&self.toolsets, &other.toolsets) {
            (Some(ours), Some(theirs)) => Some(ours & theirs),
            (Some(one), None) | (None, Some(one)) => Some(one.clone()),
            (None, None) => None,
        };
        Self {
            read_only: self.read_only || other.read_only,
            toolsets,
        }
    }

    pub(super) fn check(&self, tool: &Spec) -> Result<(), Denied> {
        if self.read_only && !tool.access.read_only {
            return Err(Denied::ReadOnly);
        }
        match &self.toolsets {
            Some(allowed) if !allowed.contains(&tool.toolset) => Err(Denied::Toolset(tool.toolset)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(read_only: bool, toolsets: Option<&[Toolset]>) -> Policy {
        Policy {
            read_only,
            toolsets: toolsets.map(|sets| sets.iter().copied().collect()),
        }
    }

    #[test]
    fn narrowing_never_widens() {
        use Toolset::{Git, Issue, Wiki};
        let bound = policy(true, Some(&[Issue, Wiki]));
        let asked = policy(false, Some(&[Wiki, Git]));
        assert_eq!(bound.narrowed_by(&asked), policy(true, Some(&[Wiki])));
        assert_eq!(bound.narrowed_by(&Policy::default()), bound);
        assert_eq!(Policy::default().narrowed_by(&bound), bound);
        assert_eq!(
            policy(false, Some(&[Git])).narrowed_by(&bound),
            policy(true, Some(&[])),
            "nothing in common allows nothing, not everything"
        );
    }
}
