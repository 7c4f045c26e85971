//! What is left of an answer: entries of allowed projects.

use std::collections::BTreeSet;

use serde_json::Value;

use super::lookup::Project;
use crate::mcp::tool::Outcome;

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
pub(in crate::mcp) struct Sieve(Option<Kept>);

#[derive(Debug)]
struct Kept {
    pointer: &'static str,
    /// Keys or ids.
    projects: Vec<Value>,
}

/// An answer within the bounds.
pub(in crate::mcp) struct Sifted {
    pub outcome: Outcome,
    /// That something was left out, for the assistant.
    pub note: Option<String>,
}

impl Sieve {
    /// Everything passes.
    pub fn open() -> Self {
        Self(None)
    }

    pub(super) fn new(by: By, allowed: &BTreeSet<String>, projects: &[Project]) -> Self {
        let (pointer, projects) = match by {
            By::Key(pointer) => (pointer, allowed.iter().cloned().map(Value::from).collect()),
            By::Id(pointer) => {
                let ids = projects.iter().map(|project| Value::from(project.id));
                (pointer, ids.collect())
            }
        };
        Self(Some(Kept { pointer, projects }))
    }

    /// Removes what is of no allowed project, and whatever does not say of which it is.
    pub fn sift(self, outcome: Outcome) -> Sifted {
        let Some(kept) = self.0 else {
            let note = None;
            return Sifted { outcome, note };
        };
        let Outcome::Json(Value::Array(mut entries)) = outcome else {
            return Sifted {
                outcome: Outcome::Json(Value::Array(Vec::new())),
                note: Some("The answer is not the usual list, so it is not shown.".to_owned()),
            };
        };
        let all = entries.len();
        let last = entries.last().and_then(|last| last["id"].as_u64());
        entries.retain(|entry| {
            let project = entry.pointer(kept.pointer);
            project.is_some_and(|project| kept.projects.contains(project))
        });
        let note = (entries.len() < all).then(|| note(last));
        Sifted {
            outcome: Outcome::Json(Value::Array(entries)),
            note,
        }
    }
}

fn note(last: Option<u64>) -> String {
    let mut text = "Entries of projects that are not allowed here were left out, so a page may \
                    be short although more follow."
        .to_owned();
    if let Some(last) = last {
        text.push_str(&format!(" The page ended at id {last}."));
    }
    text
}
