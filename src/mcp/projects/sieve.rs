//! What of an answer may be shown where only some projects are allowed.
//!
//! 1. Of a list over all projects, the entries of allowed ones are kept.
//! 2. Whatever else says that it is of another project is taken out, such as the issue that a
//!    pull request is linked to.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    Kind, Reference,
    lookup::{Lookups, Project},
};
use crate::mcp::tool::{Backlog, Read};

/// Where an entry of a list says which project it is of, as a JSON pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// To the project's key.
    Key(&'static str),
    /// To its id.
    Id(&'static str),
}

impl By {
    /// Whether the ids of the allowed projects have to be known.
    pub fn wants_ids(self) -> bool {
        matches!(self, Self::Id(_))
    }
}

/// Lets an answer through, or what of it may be shown.
#[derive(Debug)]
pub(in crate::mcp) struct Sieve(Option<Bound>);

#[derive(Debug)]
struct Bound {
    allowed: BTreeSet<String>,
    list: Option<List>,
}

#[derive(Debug)]
struct List {
    pointer: &'static str,
    /// Keys or ids.
    projects: Vec<Value>,
}

/// An answer within the bounds.
pub(in crate::mcp) struct Sifted {
    pub outcome: Read,
    /// That something was left out, for the assistant.
    pub note: Option<String>,
}

impl Sieve {
    /// Everything passes.
    pub fn open() -> Self {
        Self(None)
    }

    /// Whether it is such a one.
    pub fn is_open(&self) -> bool {
        self.0.is_none()
    }

    /// What says that it is of another project does not.
    pub(super) fn within(allowed: &BTreeSet<String>) -> Self {
        Self(Some(Bound {
            allowed: allowed.clone(),
            list: None,
        }))
    }

    /// Of a list, only what says that it is of one of these projects passes.
    pub(super) fn of_list(by: By, allowed: &BTreeSet<String>, projects: &[Project]) -> Self {
        let (pointer, projects) = match by {
            By::Key(pointer) => (pointer, allowed.iter().cloned().map(Value::from).collect()),
            By::Id(pointer) => {
                let ids = projects.iter().map(|project| Value::from(project.id));
                (pointer, ids.collect())
            }
        };
        Self(Some(Bound {
            allowed: allowed.clone(),
            list: Some(List { pointer, projects }),
        }))
    }

    pub(super) async fn sift(
        self,
        outcome: Read,
        lookups: &Lookups,
        backlog: &Backlog<'_>,
    ) -> Sifted {
        let Some(bound) = self.0 else {
            let note = None;
            return Sifted { outcome, note };
        };
        let (outcome, note) = match bound.list {
            Some(list) => list.keep(outcome),
            None => (outcome, None),
        };
        let Read::Json(mut value) = outcome else {
            return Sifted { outcome, note };
        };
        let mut ids = BTreeSet::new();
        project_ids(&value, &mut ids);
        let mut foreign = BTreeSet::new();
        for id in ids {
            let project = Reference::new(Kind::Project, id.to_string());
            // The call was made, so a look-up that fails must not read as if it was not.
            let project = lookups.project_of(backlog, &project).await.ok().flatten();
            if project.is_none_or(|project| !bound.allowed.contains(&project.key)) {
                foreign.insert(id);
            }
        }
        let note = match foreign.is_empty() {
            true => note,
            false => note.or_else(|| Some(LEFT_OUT.to_owned())),
        };
        take_out(&mut value, &foreign);
        Sifted {
            outcome: Read::Json(value),
            note,
        }
    }
}

const LEFT_OUT: &str = "What is of projects that are not allowed here was left out.";

impl List {
    /// Removes what is of no allowed project, and whatever does not say of which it is.
    fn keep(self, outcome: Read) -> (Read, Option<String>) {
        let Read::Json(Value::Array(mut entries)) = outcome else {
            let nothing = Read::Json(Value::Array(Vec::new()));
            let note = "The answer is not the usual list, so it is not shown.";
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
            format!("{LEFT_OUT} So a page may be short although more follow.{end}")
        });
        (Read::Json(Value::Array(entries)), note)
    }
}

/// The project that an object says it is of.
fn project_id(value: &Value) -> Option<i64> {
    let id = value
        .get("projectId")
        .or_else(|| value.pointer("/project/id"));
    id.and_then(Value::as_i64)
}

/// All projects that anything in an answer says it is of.
fn project_ids(value: &Value, ids: &mut BTreeSet<i64>) {
    ids.extend(project_id(value));
    match value {
        Value::Array(items) => items.iter().for_each(|item| project_ids(item, ids)),
        Value::Object(fields) => fields.values().for_each(|field| project_ids(field, ids)),
        _ => {}
    }
}

/// Removes what is of these projects: from lists, or leaving `null`.
fn take_out(value: &mut Value, foreign: &BTreeSet<i64>) {
    let is_foreign = |value: &Value| project_id(value).is_some_and(|id| foreign.contains(&id));
    if is_foreign(value) {
        *value = Value::Null;
    }
    match value {
        Value::Array(items) => {
            items.retain(|item| !is_foreign(item));
            items.iter_mut().for_each(|item| take_out(item, foreign));
        }
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| take_out(field, foreign)),
        _ => {}
    }
}
