//! Restricts which names may be read and shown to the allowed projects.

use std::sync::Arc;

use super::{entry::Entry, list::List};
use crate::{
    calls::{
        policy::Policy,
        project_guard::{Projects, Reference},
    },
    toolkit::{attempt::Backlog, entity::ProjectItem, error::ToolError},
};

/// The policy's allowed projects, and what is known about them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProjectRestriction<'a> {
    pub projects: &'a Projects,
    pub policy: &'a Policy,
}

impl ProjectRestriction<'_> {
    /// Whether the project with this key is allowed.
    pub(super) fn allows(&self, key: &str) -> bool {
        let allowed = &self.policy.projects;
        allowed.as_ref().is_none_or(|keys| keys.contains(key))
    }

    /// Checks, before a list is requested, that it belongs to an allowed project or to none.
    pub(super) async fn check(&self, list: &List, backlog: &Backlog<'_>) -> Result<(), ToolError> {
        let reference = match list {
            List::Of(project, _) => Reference::new(ProjectItem::Project, project.to_string()),
            List::Issue(issue) => Reference::new(ProjectItem::Issue, issue),
            _ => return Ok(()),
        };
        self.projects.check(self.policy, backlog, &reference).await
    }

    /// Returns the entries of a list that may be shown.
    pub(super) fn within(&self, list: &List, entries: Arc<Vec<Entry>>) -> Arc<Vec<Entry>> {
        if *list != List::Projects || self.policy.projects.is_none() {
            return entries;
        }
        let is_allowed = |entry: &&Entry| entry.key().is_some_and(|key| self.allows(key));
        let allowed = entries.iter().filter(is_allowed).cloned();
        Arc::new(allowed.collect())
    }
}
