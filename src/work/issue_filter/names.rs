//! Issue types, categories and milestones by name, in the projects of the call.

use backlog_rendering::inline;
use backlog_words::{
    issue_type,
    matching::{self, Candidate, Fit, MatchError},
};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{
    toolkit::{
        name_kind::NameKind,
        work::{NamedId, Operations, WorkError},
    },
    work::{projects::Projects, requests},
};

/// The number of lists that are read at the same time.
const AT_ONCE: usize = 4;
/// The maximum number of projects in which names are looked up.
pub(super) const MAX_PROJECTS: usize = 60;

/// An input that names something that each project has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input<'a> {
    pub name: &'static str,
    pub kind: NameKind,
    pub text: &'a str,
}

/// Finds the ids that a text names, separated by commas, in each of the projects.
///
/// # Errors
/// No project has the name, or one has several that fit.
pub(super) async fn ids(
    operations: &dyn Operations,
    input: Input<'_>,
    projects: &Projects,
    notes: &mut Vec<String>,
) -> Result<Vec<i64>, WorkError> {
    let lists = lists(operations, input.name, input.kind, projects).await?;
    let lists: Vec<_> = lists
        .iter()
        .map(|list| candidates(list, input.kind))
        .collect();
    found(input, &lists, notes)
}

/// Reads the lists of the projects, in their order.
pub(super) async fn lists(
    operations: &dyn Operations,
    input: &'static str,
    kind: NameKind,
    projects: &Projects,
) -> Result<Vec<Vec<NamedId>>, WorkError> {
    let number = projects.list.len();
    if number > MAX_PROJECTS {
        return Err(WorkError::Arguments(format!(
            "{input}: names are looked up in at most {MAX_PROJECTS} projects, and these are \
             {number}; name the project"
        )));
    }
    if number > AT_ONCE {
        requests::check(operations, number).await?;
    }
    let ids = projects.ids().into_iter().map(|id| id.to_string());
    let lists = stream::iter(ids)
        .map(|id| async move { operations.names(kind, Some(&id)).await })
        .buffered(AT_ONCE);
    Ok(lists.try_collect().await?)
}

fn candidates(list: &[NamedId], kind: NameKind) -> Vec<Candidate> {
    let candidate = |named: &NamedId| {
        let candidate = Candidate::new(named.id, &*named.name);
        match kind {
            NameKind::IssueType => candidate.with_words(issue_type::synonyms(&named.name).to_vec()),
            _ => candidate,
        }
    };
    list.iter().map(candidate).collect()
}

fn found(
    input: Input<'_>,
    lists: &[Vec<Candidate>],
    notes: &mut Vec<String>,
) -> Result<Vec<i64>, WorkError> {
    let whole = one(input, lists, notes);
    let parts: Vec<_> = input.text.split([',', '、', ';']).map(str::trim).collect();
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    if whole.is_ok() || parts.len() < 2 {
        return whole;
    }
    let mut ids = Vec::new();
    for text in parts {
        let part = one(Input { text, ..input }, lists, notes)?;
        ids.extend(
            part.into_iter()
                .filter(|id| !ids.contains(id))
                .collect::<Vec<_>>(),
        );
    }
    Ok(ids)
}

/// The id of one name in each project that has it. A whole name in one project precedes a part of
/// a name in another.
fn one(
    input: Input<'_>,
    lists: &[Vec<Candidate>],
    notes: &mut Vec<String>,
) -> Result<Vec<i64>, WorkError> {
    let (mut whole, mut parts, mut several) = (Vec::new(), Vec::new(), None);
    for list in lists {
        match matching::find(input.kind.noun(), input.text, list) {
            Ok(found) if found.fit == Fit::Part => parts.push(found.candidate),
            Ok(found) => whole.push(found.candidate.id),
            Err(error @ MatchError::Several { .. }) => several = Some(error),
            Err(_) => {}
        }
    }
    let invalid = |error: MatchError| WorkError::Arguments(format!("{}: {error}", input.name));
    match (whole.is_empty(), several) {
        (false, _) => Ok(whole),
        (true, Some(several)) => Err(invalid(several)),
        (true, None) if parts.is_empty() => Err(unknown(input, lists)),
        (true, None) => {
            let mut names: Vec<_> = parts.iter().map(|part| inline::line(&part.name)).collect();
            names.dedup();
            let names = names.join(", ");
            notes.push(format!(
                "{} {:?} was read as {names}",
                input.name, input.text
            ));
            Ok(parts.into_iter().map(|part| part.id).collect())
        }
    }
}

/// The error with the nearest names of all projects, each once.
fn unknown(input: Input<'_>, lists: &[Vec<Candidate>]) -> WorkError {
    let mut seen = std::collections::BTreeSet::new();
    let all = lists.iter().flatten();
    let all: Vec<_> = all
        .filter(|candidate| seen.insert(candidate.name.as_str()))
        .cloned()
        .collect();
    let error = matching::find(input.kind.noun(), input.text, &all).err();
    let error = error.map(|error| error.to_string()).unwrap_or_default();
    WorkError::Arguments(format!("{}: {error}", input.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str) -> (Result<Vec<i64>, String>, usize) {
        let list = |names: &[(i64, &str)]| {
            let candidates = names.iter().map(|(id, name)| Candidate::new(*id, *name));
            candidates.collect::<Vec<_>>()
        };
        let lists = [
            list(&[(1, "2026.11"), (2, "2027.01"), (3, "Sea, Land")]),
            list(&[(4, "2026.11"), (5, "2026.12")]),
        ];
        let input = Input {
            name: "milestone",
            kind: NameKind::Version,
            text,
        };
        let mut notes = Vec::new();
        let found = found(input, &lists, &mut notes).map_err(|error| match error {
            WorkError::Arguments(text) => text,
            other @ WorkError::Operation(_) => panic!("{other:?}"),
        });
        (found, notes.len())
    }

    #[test]
    fn a_name_is_found_in_every_project_that_has_it() {
        for (text, expected, notes) in [
            ("2026.11", vec![1, 4], 0),
            ("2027.01", vec![2], 0),
            ("2027", vec![2], 1),
            ("Sea, Land", vec![3], 0),
            ("2026.11, 2027.01", vec![1, 4, 2], 0),
        ] {
            assert_eq!(find(text), (Ok(expected), notes), "{text}");
        }
        for (text, expected) in [
            ("2026", "milestone: \"2026\" fits more than one"),
            (
                "2028.09",
                "milestone: unknown version or milestone \"2028.09\"; available, nearest first:",
            ),
            ("2026.11, x", "unknown version or milestone \"x\""),
        ] {
            let (found, _) = find(text);
            let error = found.unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
