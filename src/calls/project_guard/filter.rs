//! Filters a response if only some projects are allowed.
//!
//! 1. From a list over all projects, the entries of allowed ones are kept.
//! 2. Anything else in another project is removed, such as the issue that a pull request is linked
//!    to.
//! 3. A response that has neither is passed on without being parsed.

use std::collections::BTreeSet;

use backlog_client::LARGE;
use serde_json::Value;

use super::{
    Reference,
    lookup::{Lookups, Project},
    named_projects::named_in,
};
use crate::toolkit::{
    attempt::Backlog, entity::ProjectItem, outcome::Read, project_binding::ProjectOf,
};

/// Reduces a response to the part that may be shown.
#[derive(Debug)]
pub(crate) struct ProjectFilter(Option<Restriction>);

#[derive(Debug)]
struct Restriction {
    allowed: BTreeSet<String>,
    list: Option<List>,
    /// Of the projects in the response, those that are not allowed, once they are looked up.
    foreign: Option<BTreeSet<i64>>,
}

#[derive(Debug)]
struct List {
    pointer: &'static str,
    /// The allowed projects, as keys or ids.
    projects: Vec<Value>,
}

/// A filtered response.
pub(crate) struct Filtered {
    pub outcome: Read,
    /// A note for the model that something was left out.
    pub note: Option<String>,
}

impl ProjectFilter {
    /// Passes everything.
    pub(crate) fn open() -> Self {
        Self(None)
    }

    /// Removes items of other projects.
    pub(super) fn within(allowed: &BTreeSet<String>) -> Self {
        Self(Some(Restriction {
            allowed: allowed.clone(),
            list: None,
            foreign: None,
        }))
    }

    /// Keeps only the entries of a list that are in one of these projects.
    pub(super) fn of_list(by: ProjectOf, allowed: &BTreeSet<String>, projects: &[Project]) -> Self {
        let (pointer, projects) = match by {
            ProjectOf::Key(pointer) => {
                (pointer, allowed.iter().cloned().map(Value::from).collect())
            }
            ProjectOf::Id(pointer) => {
                let ids = projects.iter().map(|project| Value::from(project.id));
                (pointer, ids.collect())
            }
        };
        Self(Some(Restriction {
            allowed: allowed.clone(),
            list: Some(List { pointer, projects }),
            foreign: None,
        }))
    }

    /// Whether unparsed JSON has nothing that [`Self::filter`] would leave out. What it looks up is
    /// not looked up again there.
    pub(super) async fn passes(
        &mut self,
        json: &str,
        lookups: &Lookups,
        backlog: &Backlog<'_>,
    ) -> bool {
        let Some(restriction) = &mut self.0 else {
            return true;
        };
        if restriction.list.is_some() || json.len() > LARGE {
            return false;
        }
        let Some(ids) = named_in(json) else {
            return false;
        };
        let foreign = foreign(ids, &restriction.allowed, lookups, backlog).await;
        let passes = foreign.is_empty();
        restriction.foreign = Some(foreign);
        passes
    }

    pub(super) async fn filter(
        self,
        outcome: Read,
        lookups: &Lookups,
        backlog: &Backlog<'_>,
    ) -> Filtered {
        let Some(restriction) = self.0 else {
            let note = None;
            return Filtered { outcome, note };
        };
        let (outcome, note) = match restriction.list {
            Some(list) => list.keep(outcome),
            None => (outcome, None),
        };
        let Read::Json(mut value) = outcome else {
            return Filtered { outcome, note };
        };
        let mut ids = BTreeSet::new();
        project_ids(&value, &mut ids);
        let foreign = match restriction.foreign {
            Some(known) => ids.intersection(&known).copied().collect(),
            None => foreign(ids, &restriction.allowed, lookups, backlog).await,
        };
        let note = match foreign.is_empty() {
            true => note,
            false => note.or_else(|| Some(LEFT_OUT.to_owned())),
        };
        take_out(&mut value, &foreign);
        Filtered {
            outcome: Read::Json(value),
            note,
        }
    }
}

/// Returns those of these projects that are not allowed.
async fn foreign(
    ids: BTreeSet<i64>,
    allowed: &BTreeSet<String>,
    lookups: &Lookups,
    backlog: &Backlog<'_>,
) -> BTreeSet<i64> {
    let mut foreign = BTreeSet::new();
    for id in ids {
        let project = Reference::new(ProjectItem::Project, id.to_string());
        // The call was made, so a failed lookup must not look like a failed call.
        let project = lookups.project_of(backlog, &project).await.ok().flatten();
        if project.is_none_or(|project| !allowed.contains(&project.key)) {
            foreign.insert(id);
        }
    }
    foreign
}

const LEFT_OUT: &str = "Content of projects that are not allowed here was left out.";

impl List {
    /// Removes entries outside of the allowed projects, and entries without a project.
    fn keep(self, outcome: Read) -> (Read, Option<String>) {
        let Read::Json(Value::Array(mut entries)) = outcome else {
            let nothing = Read::Json(Value::Array(Vec::new()));
            let note = "The response is not the expected list, so it is not shown.";
            return (nothing, Some(note.to_owned()));
        };
        let all = entries.len();
        let last = entries.last().and_then(|last| last["id"].as_u64());
        entries.retain(|entry| {
            let project = entry.pointer(self.pointer);
            project.is_some_and(|project| self.projects.contains(project))
        });
        let note = (entries.len() < all).then(|| {
            let end = last.map_or_else(String::new, |id| format!(" The page ended at id {id}."));
            format!("{LEFT_OUT} A page may therefore be short although more follow.{end}")
        });
        (Read::Json(Value::Array(entries)), note)
    }
}

/// Reads the id of the project of an object.
fn project_id(value: &Value) -> Option<i64> {
    let id = value
        .get("projectId")
        .or_else(|| value.pointer("/project/id"));
    id.and_then(Value::as_i64)
}

/// Collects the ids of all projects in a response.
pub(super) fn project_ids(value: &Value, ids: &mut BTreeSet<i64>) {
    ids.extend(project_id(value));
    match value {
        Value::Array(items) => items.iter().for_each(|item| project_ids(item, ids)),
        Value::Object(fields) => fields.values().for_each(|field| project_ids(field, ids)),
        _ => {}
    }
}

/// Removes items of these projects from lists, and replaces them with `null` elsewhere.
fn take_out(value: &mut Value, foreign: &BTreeSet<i64>) {
    let is_foreign = |value: &Value| project_id(value).is_some_and(|id| foreign.contains(&id));
    if is_foreign(value) {
        *value = Value::Null;
    }
    match value {
        Value::Array(items) => {
            items.retain(|item| !is_foreign(item));
            for item in items {
                take_out(item, foreign);
            }
        }
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| take_out(field, foreign)),
        _ => {}
    }
}
