//! Keeps callers within the projects that the operator allows (`hub.spaces.allowed_projects`).
//!
//! Before Backlog is asked to do anything for a caller with such a bound:
//!
//! 1. Arguments that no input of the tool takes are dropped.
//! 2. Each argument that names something of a project (a project, issue, wiki page, document, …)
//!    is looked up with the caller's own credentials ([`lookup`]); all must be of allowed
//!    projects. A key's prefix proves nothing: issues move, and projects are renamed.
//! 3. A tool that was told of no such thing does what its entry in [`unbound`] says: it is
//!    narrowed to the allowed projects, its answer is filtered, or it is refused.
//!
//! Of the answer, what says that it is of another project is taken out ([`sieve`]).
//!
//! Without a bound nothing of this happens and nothing is looked up.
//!
//! To classify a new tool:
//!
//! - Inputs are known by name ([`inputs`]). One whose name looks as if it named something, and
//!   that is not in the table there, has to be added.
//! - A tool that a single project, issue, wiki page, … says all about needs no more. Any other
//!   one needs an entry in [`unbound`].
//!
//! A tool that nobody classified is refused under a bound, and the test over the whole table
//! (`src/mcp/projects/tests.rs`) says what is missing.
//!
//! What Backlog itself checks is left to it: that a comment, file, version or category is of the
//! issue or project that the same path or form names.

mod binding;
mod inputs;
mod lookup;
mod sieve;
mod unbound;

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use self::{binding::Binding, lookup::Lookups, unbound::Unbound};
pub(super) use self::{
    inputs::Kind,
    lookup::{Project, Reference},
    sieve::{Sieve, Sifted},
    unbound::refusal,
};
use super::{
    Policy,
    failure::ToolError,
    router::Entry,
    tool::{Backlog, Read},
};

/// Which projects each tool is about, and what is known of them.
#[derive(Debug)]
pub(super) struct Projects {
    bindings: HashMap<&'static str, Binding>,
    lookups: Lookups,
}

impl Projects {
    /// Classifies the tools.
    pub fn new(entries: &[Entry]) -> Self {
        let binding = |entry: &Entry| {
            let name = entry.spec.name;
            (name, Binding::of(name, &entry.route.attr.input_schema))
        };
        Self {
            bindings: entries.iter().map(binding).collect(),
            lookups: Lookups::new(),
        }
    }

    /// Checks a call before it is made, and changes its arguments where that narrows it. What
    /// it returns is for the answer. Nothing may be looked up for the call before that, not even
    /// a name among its arguments; what turns arguments into others has to be checked again.
    ///
    /// # Errors
    /// [`ToolError::OutOfBounds`] if the call is not, or cannot be, within the bounds; what
    /// went wrong with a look-up otherwise.
    pub async fn admit(
        &self,
        tool: &'static str,
        policy: &Policy,
        backlog: &Backlog<'_>,
        arguments: &mut Map<String, Value>,
    ) -> Result<Sieve, ToolError> {
        let Some(allowed) = &policy.projects else {
            return Ok(Sieve::open());
        };
        let Some(binding) = self.bindings.get(tool) else {
            return Err(out_of_bounds("its use of projects is not known"));
        };
        if let Some(reason) = binding.problem() {
            return Err(out_of_bounds(reason));
        }
        arguments.retain(|name, _| binding.takes(name));

        let given = binding.references(arguments).map_err(out_of_bounds)?;
        for reference in &given.references {
            self.check(policy, backlog, reference).await?;
        }
        match binding.unbound {
            None if given.anchored => Ok(Sieve::within(allowed)),
            None => Err(out_of_bounds(format!(
                "say which one it is about ({})",
                binding.anchors().join(", ")
            ))),
            Some(Unbound::NoProject) => Ok(Sieve::within(allowed)),
            Some(Unbound::Narrowed(input)) => {
                if is_absent(arguments.get(input)) {
                    let projects = self.allowed(allowed, backlog).await?;
                    let ids = projects.iter().map(|project| project.id.into()).collect();
                    arguments.insert(input.to_owned(), Value::Array(ids));
                }
                Ok(Sieve::within(allowed))
            }
            Some(Unbound::Filtered(by)) => {
                let projects = match by.wants_ids() {
                    true => self.allowed(allowed, backlog).await?,
                    false => Vec::new(),
                };
                Ok(Sieve::of_list(by, allowed, &projects))
            }
            Some(Unbound::Refused(reason)) => Err(out_of_bounds(reason)),
        }
    }

    /// What of an answer may be shown to a caller whose call was admitted.
    pub async fn sift(&self, sieve: Sieve, outcome: Read, backlog: &Backlog<'_>) -> Sifted {
        sieve.sift(outcome, &self.lookups, backlog).await
    }

    /// Checks that what a reference names is of an allowed project: for callers that are no
    /// tools, such as resources. Free where the policy has no such bound.
    ///
    /// # Errors
    /// As [`Self::admit`].
    pub async fn check(
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
            // One text for both, or it would tell what exists elsewhere.
            _ => Err(out_of_bounds(format!(
                "{reference} does not exist, or is not of an allowed project; these are: {}",
                listed(allowed)
            ))),
        }
    }

    /// The allowed projects that the user has joined; never none.
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
            true => Err(out_of_bounds(format!(
                "the user has joined none of the allowed projects; these are: {}",
                listed(allowed)
            ))),
        }
    }
}

fn out_of_bounds(reason: impl Into<String>) -> ToolError {
    ToolError::OutOfBounds(reason.into())
}

fn listed(allowed: &BTreeSet<String>) -> String {
    match allowed.is_empty() {
        true => "none".to_owned(),
        false => allowed.iter().cloned().collect::<Vec<_>>().join(", "),
    }
}

/// Whether a list input names nothing; Backlog would take it for no filter.
fn is_absent(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Array(items)) => items.is_empty(),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests;
