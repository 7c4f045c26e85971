//! The limit to toolsets.

use std::collections::BTreeSet;

use super::intersection::both;
use crate::toolkit::toolset::Toolset;

/// The toolsets that an operator allows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ToolsetLimit {
    /// Their tools may be listed and called.
    pub(super) tools: BTreeSet<Toolset>,
    /// The toolsets with the operations that a work tool may perform; `None` for all.
    operations: Option<BTreeSet<Toolset>>,
}

impl ToolsetLimit {
    /// Reads the names that are stored for a space. An unknown name, which another release may have
    /// stored, allows nothing, but limits like a known one.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut tools = BTreeSet::new();
        let mut are_known = true;
        for name in names {
            match Toolset::named(name) {
                Ok(toolsets) => tools.extend(toolsets),
                Err(_) => are_known = false,
            }
        }
        let limit = Self::from_iter(tools);
        Self {
            operations: limit
                .operations
                .or_else(|| (!are_known).then(BTreeSet::new)),
            ..limit
        }
    }

    /// Both limits. A limit of only `work` allows the operations that the other one allows.
    pub(super) fn and(&self, other: &Self) -> Self {
        Self {
            tools: &self.tools & &other.tools,
            operations: both(self.operations.as_ref(), other.operations.as_ref()),
        }
    }

    pub(super) fn allows_operation(&self, toolset: Toolset) -> bool {
        let operations = self.operations.as_ref();
        operations.is_none_or(|operations| operations.contains(&toolset))
    }
}

/// A limit of these toolsets. Only `work` limits no operation.
impl FromIterator<Toolset> for ToolsetLimit {
    fn from_iter<I: IntoIterator<Item = Toolset>>(toolsets: I) -> Self {
        let tools = BTreeSet::from_iter(toolsets);
        let mut operations = tools.clone();
        let has_work = operations.remove(&Toolset::Work);
        let is_only_work = has_work && operations.is_empty();
        Self {
            tools,
            operations: (!is_only_work).then_some(operations),
        }
    }
}

impl<const COUNT: usize> From<[Toolset; COUNT]> for ToolsetLimit {
    fn from(toolsets: [Toolset; COUNT]) -> Self {
        Self::from_iter(toolsets)
    }
}
