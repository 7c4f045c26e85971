//! Statuses by name. A project's own status precedes the built-in one of that name.

use backlog_rendering::inline;
use backlog_words::{
    matching::{self, Candidate, Fit, MatchError},
    status::{Builtin, Name, StatusFilter},
};
use serde_json::json;

use super::{
    names::{self, MAX_PROJECTS},
    query::{Arguments, Check},
};
use crate::{
    toolkit::{
        name_kind::NameKind,
        work::{NamedId, Operations, WorkError},
    },
    work::projects::Projects,
};

const INPUT: &str = "status";

/// The statuses that a filter lets through.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    All,
    Only(Vec<i64>),
    /// All but closed; the projects are too many to read the ids of their own statuses.
    NotClosed,
}

/// The arguments of the request, and what is checked after it.
type Query<'a> = (&'a mut Arguments, &'a mut Vec<Check>);

/// Adds the filter of statuses to the arguments or the checks.
///
/// # Errors
/// A name fits no status or several, or Backlog does not return the lists.
pub(super) async fn add(
    operations: &dyn Operations,
    filter: &StatusFilter,
    projects: &Projects,
    query: Query<'_>,
    notes: &mut Vec<String>,
) -> Result<(), WorkError> {
    let (arguments, checks) = query;
    let closed = Builtin::Closed.id();
    let is_many = projects.list.len() > MAX_PROJECTS;
    let wanted = match filter {
        StatusFilter::All => Wanted::All,
        StatusFilter::Closed => Wanted::Only(vec![closed]),
        StatusFilter::Open if is_many => Wanted::NotClosed,
        StatusFilter::Open => {
            let lists = names::lists(operations, INPUT, NameKind::Status, projects).await?;
            let ids = all(&lists).into_iter().filter(|id| *id != closed);
            Wanted::Only(ids.collect())
        }
        StatusFilter::Names { include, exclude } => {
            let lists = names::lists(operations, INPUT, NameKind::Status, projects).await?;
            Wanted::Only(named(&lists, include, exclude, notes)?)
        }
    };
    match wanted {
        Wanted::All => {}
        Wanted::NotClosed => checks.push(Check::NotClosed),
        Wanted::Only(ids) if ids.is_empty() => {
            let reason = format!("{INPUT}: no status remains");
            return Err(WorkError::Arguments(reason));
        }
        Wanted::Only(ids) => {
            arguments.insert("statusId".to_owned(), json!(ids));
        }
    }
    Ok(())
}

/// The ids of all statuses, each once. The built-in ones are those of every project.
fn all(lists: &[Vec<NamedId>]) -> Vec<i64> {
    let mut ids: Vec<_> = lists.iter().flatten().map(|status| status.id).collect();
    ids.extend([Builtin::Open, Builtin::InProgress, Builtin::Resolved].map(Builtin::id));
    ids.push(Builtin::Closed.id());
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn named(
    lists: &[Vec<NamedId>],
    include: &[Name],
    exclude: &[Name],
    notes: &mut Vec<String>,
) -> Result<Vec<i64>, WorkError> {
    let lists_of = |status: &NamedId| Candidate::new(status.id, &*status.name);
    let candidates: Vec<Vec<_>> = lists
        .iter()
        .map(|list| list.iter().map(lists_of).collect())
        .collect();
    let mut ids = Vec::new();
    for name in include {
        ids.extend(one(&candidates, name, notes)?);
    }
    if include.is_empty() {
        ids = all(lists);
    }
    for name in exclude {
        let excluded = one(&candidates, name, notes)?;
        ids.retain(|id| !excluded.contains(id));
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// The ids of the statuses with a name: whole names, else the built-in one, else parts of names.
fn one(
    lists: &[Vec<Candidate>],
    name: &Name,
    notes: &mut Vec<String>,
) -> Result<Vec<i64>, WorkError> {
    let text = name.written.as_str();
    let (mut whole, mut parts, mut several) = (Vec::new(), Vec::new(), None);
    for list in lists {
        match matching::find("status", text, list) {
            Ok(found) if found.fit == Fit::Part => parts.push(found.candidate),
            Ok(found) => whole.push(found.candidate.id),
            Err(error @ MatchError::Several { .. }) => several = Some(error),
            Err(_) => {}
        }
    }
    if !whole.is_empty() {
        return Ok(whole);
    }
    if let Some(builtin) = name.builtin {
        return Ok(vec![builtin.id()]);
    }
    let invalid = |error: &MatchError| WorkError::Arguments(format!("{INPUT}: {error}"));
    if let Some(several) = several {
        return Err(invalid(&several));
    }
    if parts.is_empty() {
        let mut seen = std::collections::BTreeSet::new();
        let all = lists.iter().flatten();
        let all: Vec<_> = all.filter(|it| seen.insert(it.id)).cloned().collect();
        let error = matching::find("status", text, &all).err();
        let error = error.map(|error| error.to_string()).unwrap_or_default();
        return Err(WorkError::Arguments(format!("{INPUT}: {error}")));
    }
    let mut names: Vec<_> = parts.iter().map(|part| inline::line(&part.name)).collect();
    names.dedup();
    notes.push(format!("{INPUT} {text:?} was read as {}", names.join(", ")));
    Ok(parts.into_iter().map(|part| part.id).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(names: &[(i64, &str)]) -> Vec<NamedId> {
        let named = names.iter().map(|(id, name)| NamedId {
            id: *id,
            name: (*name).to_owned(),
            others: Vec::new(),
        });
        named.collect()
    }

    fn ids(text: &str) -> Result<Vec<i64>, String> {
        let lists = [
            list(&[
                (1, "Open"),
                (2, "In Progress"),
                (3, "Resolved"),
                (4, "Closed"),
            ]),
            list(&[
                (1, "未対応"),
                (2, "処理中"),
                (90, "レビュー中"),
                (91, "Done"),
                (4, "完了"),
            ]),
        ];
        let StatusFilter::Names { include, exclude } = StatusFilter::read(text).unwrap() else {
            panic!("{text} has no names");
        };
        named(&lists, &include, &exclude, &mut Vec::new()).map_err(|error| match error {
            WorkError::Arguments(text) => text,
            other @ WorkError::Operation(_) => panic!("{other:?}"),
        })
    }

    #[test]
    fn a_name_is_looked_up_in_every_project() {
        for (text, expected) in [
            ("in progress", vec![2]),
            ("レビュー中, 処理済み", vec![3, 90]),
            ("レビュー", vec![90]),
            ("!Resolved, !Closed", vec![1, 2, 90, 91]),
            ("done, resolved", vec![3, 91]),
        ] {
            assert_eq!(ids(text), Ok(expected), "{text}");
        }
        let error = ids("Opne, Resolved").unwrap_err();
        assert!(
            error.starts_with("status: unknown status \"Opne\""),
            "{error}"
        );
    }
}
