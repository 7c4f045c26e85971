//! Restricts callers to the projects that the operator allows (`hub.spaces.allowed_projects`).
//!
//! Before any request to Backlog for a caller with such a restriction:
//!
//! 1. Arguments without a matching input of the tool are dropped.
//! 2. Each argument that names an item of a project (a project, issue, wiki page, document, …) is
//!    looked up with the caller's own credentials ([`lookup`]). All items must be in allowed
//!    projects. A key's prefix proves nothing: issues move, and projects are renamed.
//! 3. A call that names no such item is treated as its tool declares ([`ProjectBinding`]): it is
//!    narrowed to the allowed projects, its response is filtered, or it is refused.
//!
//! From the response, items of other projects are removed ([`filter`]).
//!
//! Without a restriction none of this happens and nothing is looked up.
//!
//! A tool declares all of this itself:
//!
//! - Its constant `PROJECTS` is its rule; without it the tool does not compile.
//! - The types of its inputs say what these name ([`Entity`](crate::toolkit::entity::Entity)); an entity
//!   without a role does not compile.
//!
//! A tool with an input that is spelled like one that names an item, but has a type without an
//! entity, is refused under a restriction. The test over all tools (`src/calls/project_guard/tests.rs`)
//! reports that input.
//!
//! Backlog itself checks that a comment, file, version or category belongs to the issue or project
//! in the same path or form.

mod binding;
mod filter;
mod lookup;
mod named_projects;

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

pub use self::lookup::MEMORY as PROJECT_MEMORY;
pub(crate) use self::{
    binding::Binding,
    filter::{Filtered, ProjectFilter},
    lookup::{Project, Reference},
};
use super::policy::Policy;
use crate::{
    arguments::reading::Inputs,
    toolkit::{
        attempt::Backlog,
        error::ToolError,
        outcome::Read,
        project_binding::{ProjectBinding, ProjectOf},
    },
};
use lookup::Lookups;

/// How each tool relates to projects, and the lookups of projects.
#[derive(Debug)]
pub(crate) struct Projects {
    bindings: HashMap<&'static str, Binding>,
    lookups: Lookups,
}

impl Projects {
    /// Reads the declarations of the tools: the name, the rule and the inputs of each.
    pub(crate) fn new<'a>(
        tools: impl IntoIterator<Item = (&'static str, ProjectBinding, &'a Inputs)>,
    ) -> Self {
        let tools = tools.into_iter();
        let bindings = tools.map(|(name, rule, inputs)| (name, Binding::of(rule, inputs)));
        Self {
            bindings: bindings.collect(),
            lookups: Lookups::new(),
        }
    }

    /// Checks a call before it is made, and narrows its arguments if necessary. Returns the filter
    /// for the response. Nothing may be looked up for the call before, not even a name among its
    /// arguments. Arguments that change afterwards must be checked again.
    ///
    /// # Errors
    /// [`ToolError::OutsideProjects`] if the call reaches, or may reach, outside of the allowed
    /// projects; otherwise the error of a lookup.
    pub(crate) async fn authorize(
        &self,
        tool: &'static str,
        policy: &Policy,
        backlog: &Backlog<'_>,
        arguments: &mut Map<String, Value>,
    ) -> Result<ProjectFilter, ToolError> {
        let Some(allowed) = &policy.projects else {
            return Ok(ProjectFilter::open());
        };
        let Some(binding) = self.bindings.get(tool) else {
            return Err(outside_projects("its use of projects is unknown"));
        };
        if let Some(reason) = binding.problem() {
            return Err(outside_projects(reason));
        }
        arguments.retain(|name, _| binding.takes(name));

        let given = binding.references(arguments).map_err(outside_projects)?;
        for reference in &given.references {
            self.check(policy, backlog, reference).await?;
        }
        match binding.rule {
            ProjectBinding::Inputs if given.anchored => Ok(ProjectFilter::within(allowed)),
            ProjectBinding::Inputs => Err(outside_projects(format!(
                "give at least one of {}, which identify the project",
                binding.anchors().join(", ")
            ))),
            ProjectBinding::SpaceWide => Ok(ProjectFilter::within(allowed)),
            ProjectBinding::Narrowed => {
                if let Some(input) = binding.project_list()
                    && is_absent(arguments.get(input))
                {
                    let projects = self.allowed(allowed, backlog).await?;
                    let ids = projects.iter().map(|project| project.id.into()).collect();
                    arguments.insert(input.to_owned(), Value::Array(ids));
                }
                Ok(ProjectFilter::within(allowed))
            }
            ProjectBinding::Filtered(by) => {
                let projects = match by {
                    ProjectOf::Id(_) => self.allowed(allowed, backlog).await?,
                    ProjectOf::Key(_) => Vec::new(),
                };
                Ok(ProjectFilter::of_list(by, allowed, &projects))
            }
            ProjectBinding::Refused(reason) => Err(outside_projects(reason)),
        }
    }

    /// Whether unparsed JSON has nothing that [`Self::filter`] would leave out.
    pub(crate) async fn passes(
        &self,
        filter: &mut ProjectFilter,
        json: &str,
        backlog: &Backlog<'_>,
    ) -> bool {
        filter.passes(json, &self.lookups, backlog).await
    }

    /// Returns the part of a response that may be shown after the call was authorized.
    pub(crate) async fn filter(
        &self,
        filter: ProjectFilter,
        outcome: Read,
        backlog: &Backlog<'_>,
    ) -> Filtered {
        filter.filter(outcome, &self.lookups, backlog).await
    }

    /// Checks that the item of a reference is in an allowed project, for callers other than tools,
    /// such as resources. It makes no request if the policy has no such restriction.
    ///
    /// # Errors
    /// As [`Self::authorize`].
    pub(crate) async fn check(
        &self,
        policy: &Policy,
        backlog: &Backlog<'_>,
        reference: &Reference,
    ) -> Result<(), ToolError> {
        let Some(allowed) = &policy.projects else {
            return Ok(());
        };
        let meant = reference.meant(allowed);
        match self.lookups.project_of(backlog, &meant).await? {
            Some(project) if allowed.contains(&project.key) => Ok(()),
            // Both cases have the same text, so that it does not reveal what exists elsewhere.
            _ => Err(outside_projects(format!(
                "{reference} does not exist or is not in an allowed project (allowed: {})",
                listed(allowed)
            ))),
        }
    }

    /// Returns the allowed projects that the user is a member of; never empty.
    async fn allowed(
        &self,
        allowed: &BTreeSet<String>,
        backlog: &Backlog<'_>,
    ) -> Result<Vec<Project>, ToolError> {
        let joined = self.lookups.joined(backlog).await?;
        let projects: Vec<_> = joined
            .iter()
            .filter(|project| allowed.contains(&project.key))
            .cloned()
            .collect();
        match projects.is_empty() {
            false => Ok(projects),
            true => Err(outside_projects(format!(
                "the user is not a member of any allowed project (allowed: {})",
                listed(allowed)
            ))),
        }
    }
}

fn outside_projects(reason: impl Into<String>) -> ToolError {
    ToolError::OutsideProjects(reason.into())
}

fn listed(allowed: &BTreeSet<String>) -> String {
    match allowed.is_empty() {
        true => "none".to_owned(),
        false => allowed.iter().cloned().collect::<Vec<_>>().join(", "),
    }
}

/// Whether a list input names nothing, which Backlog would treat as no filter.
fn is_absent(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Array(items)) => items.is_empty(),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests;
