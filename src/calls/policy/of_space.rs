//! The limits that operators set for a space, and users for a grant.

use std::collections::BTreeSet;

use super::{Policy, ToolLimit, ToolsetLimit};
use crate::domain::{Principal, Space};

impl Policy {
    /// The limits of a principal: those of its space, and the projects that its user chose.
    pub fn of_principal(principal: &Principal) -> Self {
        let chosen = Self::of_projects(principal.grant.projects.clone());
        Self::of_space(&principal.space).narrowed_by(&chosen)
    }

    /// The restriction to these projects; `None` for no restriction.
    pub fn of_projects(projects: Option<BTreeSet<String>>) -> Self {
        Self {
            projects,
            ..Self::default()
        }
    }

    pub fn of_space(space: &Space) -> Self {
        let names = |names: &'_ [String]| names.iter().cloned().collect();
        let tools = match &space.tools {
            Some(names) => ToolLimit::only(names),
            None => ToolLimit::default(),
        };
        Self {
            read_only: space.read_only,
            toolsets: space
                .toolsets
                .as_ref()
                .map(|names| ToolsetLimit::named(names.iter().map(String::as_str))),
            tools: tools.without(&space.exclude_tools),
            projects: space.allowed_projects.as_deref().map(names),
            ..Self::default()
        }
    }
}
