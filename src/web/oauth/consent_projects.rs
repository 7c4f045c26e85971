//! The projects of a sign-in: what the consent page offers, and what its form chose.
//!
//! 1. At the endpoint of one project there is no choice: the sign-in is for that project.
//! 2. Where the operator allows some projects, each has a box. Otherwise the user can type keys: the
//!    page is shown before the sign-in at Backlog, so the user's projects are not known.
//! 3. Nothing chosen is no restriction. Something chosen that is not allowed is a problem, and the
//!    page is shown again: it is never ignored, because the user wanted less.

use std::collections::BTreeSet;

use oauth_values::Params;
use unicode_normalization::UnicodeNormalization;

use crate::{
    calls::policy::Policy,
    domain::{
        Space,
        project_keys::{BadProjectKeys, project_key, project_keys},
    },
    web::{
        AppState,
        pages::{PROJECT_BOX, PROJECTS_FIELD, ProjectChoice, ProjectOptions, ProjectsProblem},
        protected_resource::project_of,
    },
};

/// What the form of a consent page says about projects.
#[derive(Debug, Default)]
pub(in crate::web) struct Given {
    typed: String,
    /// The keys of the boxes that are ticked.
    ticked: BTreeSet<String>,
}

impl Given {
    pub(in crate::web) fn read(params: &Params) -> Self {
        let ticked = params.with_prefix(PROJECT_BOX).map(|(key, _)| key);
        Self {
            typed: params.get(PROJECTS_FIELD).unwrap_or_default().to_owned(),
            ticked: ticked.filter_map(project_key).collect(),
        }
    }

    /// Whether the form chose this project, as far as it can be read.
    fn names(&self, key: &str) -> bool {
        let typed: String = self.typed.nfkc().collect();
        let is_typed = project_keys(&typed).is_ok_and(|typed| typed.contains(key));
        is_typed || self.ticked.contains(key)
    }

    fn is_empty(&self) -> bool {
        self.typed.is_empty() && self.ticked.is_empty()
    }

    fn keys(&self) -> Result<Option<BTreeSet<String>>, ProjectsProblem> {
        let mut keys = self.ticked.clone();
        let typed: String = self.typed.nfkc().collect();
        match project_keys(&typed) {
            Ok(typed) => keys.extend(typed),
            Err(BadProjectKeys::Missing) if self.typed.trim().is_empty() => {}
            Err(BadProjectKeys::Missing) => return Err(ProjectsProblem::Malformed(typed)),
            Err(BadProjectKeys::Malformed(key)) => return Err(ProjectsProblem::Malformed(key)),
            Err(BadProjectKeys::TooMany) => return Err(ProjectsProblem::TooMany),
        }
        Ok((!keys.is_empty()).then_some(keys))
    }
}

/// The projects that operators allow: in a space, or if it is not known yet in every space. `None`
/// for all.
pub(in crate::web) fn allowed(hub: &AppState, space: Option<&Space>) -> Option<BTreeSet<String>> {
    let of_space = space.map(Policy::of_space).unwrap_or_default();
    hub.policy.narrowed_by(&of_space).projects
}

/// The project of the requested endpoint, if the space does not allow it.
pub(in crate::web) fn not_allowed(hub: &AppState, space: &Space, resource: &str) -> Option<String> {
    let (key, allowed) = (project_of(resource)?, allowed(hub, Some(space))?);
    (!allowed.contains(&key)).then_some(key)
}

/// The restriction of a sign-in for this endpoint, whatever the user chooses; `None` if it is for all
/// projects.
pub(super) fn of_resource(resource: &str) -> Option<BTreeSet<String>> {
    project_of(resource).map(|key| BTreeSet::from([key]))
}

/// The only projects of an approval; `None` for no restriction.
pub(in crate::web) fn chosen(
    hub: &AppState,
    space: &Space,
    resource: &str,
    given: &Given,
) -> Result<Option<BTreeSet<String>>, ProjectsProblem> {
    if let Some(only) = of_resource(resource) {
        return Ok(Some(only));
    }
    let keys = given.keys()?;
    if let (Some(keys), Some(allowed)) = (&keys, allowed(hub, Some(space)))
        && let Some(key) = keys.difference(&allowed).next()
    {
        return Err(ProjectsProblem::NotAllowed(key.clone()));
    }
    Ok(keys)
}

/// The choice on the page for a space, if it is known: at first, or again with what the form said.
pub(in crate::web) fn shown(
    hub: &AppState,
    space: Option<&Space>,
    resource: &str,
    given: Option<(&Given, Option<ProjectsProblem>)>,
) -> ProjectChoice {
    let nothing = Given::default();
    let (given, problem) = given.unwrap_or((&nothing, None));
    let options = match (project_of(resource), allowed(hub, space)) {
        (Some(key), _) => ProjectOptions::Only(key),
        (None, None) => ProjectOptions::Typed(given.typed.clone()),
        (None, Some(keys)) if keys.len() < 2 && given.is_empty() => ProjectOptions::Settled,
        (None, Some(keys)) => {
            let boxes = keys.into_iter().map(|key| (given.names(&key), key));
            ProjectOptions::Boxes(boxes.collect())
        }
    };
    ProjectChoice {
        is_open: !given.is_empty(),
        options,
        problem,
    }
}
