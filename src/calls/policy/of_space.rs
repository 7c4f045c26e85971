//! The limits that operators set for a space.

use super::{Policy, ToolLimit, ToolsetLimit};
use crate::domain::Space;

impl Policy {
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
