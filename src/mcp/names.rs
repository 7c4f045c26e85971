//! Names for ids: whoever knows that the status is "In Progress" need not know its number.
//!
//! 1. The inputs say which of them take a name, and of what ([`Kind`]); a call without any is
//!    left alone.
//! 2. Names of projects become ids first: most other names belong to a project. Which one, the
//!    call's own arguments say, by way of its issue if need be ([`about`]).
//! 3. The lists of names come from Backlog with the caller's credentials, a few at a time ([`known`]),
//!    and are remembered for this caller alone ([`lists`]). How many names a call may have is bounded, and
//!    they never take the last requests that Backlog allows the user ([`allowance`]).
//! 4. A name must be one entry's ([`entry`]). One that a remembered list does not have, or has in
//!    another case only, may be new: the list is read once more. One text of a list may hold
//!    several names ([`parted`]).
//! 5. What is left unclear becomes one text with the candidates, and the tool does not run. Where a
//!    part of a name was enough, the result says whom it was taken for.
//!
//! Where only some projects are allowed ([`Bounds`]), no list of another one is read, and the list
//! of projects has the allowed ones only: so there are no others among the candidates either.
//!
//! A text of digits is an id, unless something else is called so: then the caller has to choose,
//! with `id:12` or the name's own id. Custom fields are also looked up where their number is given
//! and their value is a text, so that it is read by the field's type ([`custom_field`]), and where
//! Backlog refuses a change for them ([`field_hint`]).

mod about;
mod allowance;
mod bounds;
mod custom_field;
mod entry;
mod field_hint;
mod kind;
mod known;
mod lists;
mod parted;
mod wanted;
mod words;

use rmcp::model::JsonObject;

use about::Project;
use entry::Entry;
use known::Known;
use lists::Reader;
use wanted::Wanted;
use words::is_me;

use super::{failure::ToolError, tool::Backlog};
use crate::backlog::ErrorItem;

pub(super) use bounds::Bounds;
pub(super) use entry::quoted;
pub(super) use field_hint::FieldHint;
pub(super) use kind::Kind;
pub(super) use lists::Lists;

/// The keywords that mark an input in the types' schemas; they are not published.
pub(super) const KEYWORD: &str = "x-name";
pub(super) const CLEARABLE: &str = "x-clearable";

/// Names of several projects mean as many requests to Backlog.
const MAX_PROJECTS: usize = 10;
/// Of one call, in all its arguments: the key of an issue is a request to Backlog.
const MAX_NAMES: usize = 100;
/// Of the lists in a call that have names in them, ids included.
const MAX_ELEMENTS: usize = 1000;

/// An input that takes names, alone or in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub argument: String,
    pub kind: Kind,
    /// Whether an empty text removes what is there, and is no name.
    pub clearable: bool,
    /// Whether a word for nothing ([`is_none_word`](super::reading::text::is_none_word)) in its
    /// list empties it, if nothing is called so.
    pub takes_none: bool,
}

/// Why a name did not become an id.
#[derive(Debug)]
pub(super) enum Unresolved {
    /// What is wrong with which argument, for the assistant.
    Names(String),
    /// A list could not be read.
    Tool(ToolError),
}

impl From<ToolError> for Unresolved {
    fn from(error: ToolError) -> Self {
        Self::Tool(error)
    }
}

/// What became of the names of a call.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    /// Whether there was one.
    pub any: bool,
    /// What the result has to say of it.
    pub notes: Vec<String>,
}

/// Replaces the names among the arguments by ids. What is no name, or not where one is taken, is
/// left for the tool to refuse.
///
/// # Errors
/// A name is unknown or ambiguous, or Backlog does not say what there is.
pub(super) async fn resolve(
    named: &[Named],
    arguments: &mut JsonObject,
    lists: &Lists,
    bounds: Bounds<'_>,
    backlog: &Backlog<'_>,
) -> Result<Resolved, Unresolved> {
    let is_project = |wanted: &Wanted| matches!(wanted.kind, Kind::Project | Kind::ProjectKey);
    let (of_projects, others): (Vec<_>, Vec<_>) = named
        .iter()
        .filter_map(|input| Wanted::of(input, arguments))
        .partition(is_project);
    if of_projects.is_empty() && others.is_empty() {
        return Ok(Resolved::default());
    }
    check_count(of_projects.iter().chain(&others))?;
    let reader = lists.reader(backlog, bounds).await?;
    let mut notes = replace(&of_projects, arguments, &[], &reader).await?;

    // For a text of digits it is worth a list that is at hand, and no more.
    let depends = others.iter().any(Wanted::depends_on_project);
    let mut projects = match others
        .iter()
        .any(|wanted| wanted.kind.of_project().is_some())
    {
        true => {
            let may_ask = depends || others.iter().any(Wanted::has_values_to_check);
            about::projects(arguments, &reader, may_ask).await?
        }
        false => Vec::new(),
    };
    if projects.is_empty()
        && let Some(lost) = others.iter().find(|wanted| wanted.needs_project())
    {
        return Err(Unresolved::Names(lost.is_lost(named)));
    }
    if projects.len() > MAX_PROJECTS {
        if depends {
            return Err(Unresolved::Names(format!(
                "projectId: names are looked up in {MAX_PROJECTS} projects at most; give fewer \
                 projects, or ids instead of names"
            )));
        }
        projects.clear();
    }
    notes.extend(replace(&others, arguments, &projects, &reader).await?);
    Ok(Resolved { any: true, notes })
}

/// What the custom fields are that Backlog refuses a change for; `None` if it does not for one.
pub(super) async fn explain(
    fields: &FieldHint,
    errors: &[ErrorItem],
    lists: &Lists,
    bounds: Bounds<'_>,
    backlog: &Backlog<'_>,
) -> Option<String> {
    let reader = lists.reader(backlog, bounds).await.ok()?;
    fields.text(errors, &reader).await
}

/// Whether a call has no more names, and no more ids beside them, than it may have.
fn check_count<'a>(all: impl Iterator<Item = &'a Wanted>) -> Result<(), Unresolved> {
    let (mut names, mut elements) = (0, 0);
    for wanted in all {
        let count = wanted.count();
        names += count.names;
        elements += count.elements;
        let problem = match () {
            () if names > MAX_NAMES => {
                format!("at most {MAX_NAMES} names are looked up in one call")
            }
            () if elements > MAX_ELEMENTS => {
                format!("lists with names in them have at most {MAX_ELEMENTS} elements in one call")
            }
            () => continue,
        };
        let argument = &wanted.argument;
        return Err(Unresolved::Names(format!(
            "{argument}: {problem}; give ids, or make several calls"
        )));
    }
    Ok(())
}

/// Returns what the result has to say of it.
async fn replace(
    wanted: &[Wanted],
    arguments: &mut JsonObject,
    projects: &[Project],
    reader: &Reader<'_>,
) -> Result<Vec<String>, Unresolved> {
    let mut known = Known::load(wanted, projects, reader).await?;
    let unsure: Vec<_> = wanted.iter().filter(|it| it.is_unsure(&known)).collect();
    known.renew(&unsure, reader).await?;

    let mut notes = Vec::new();
    let mut failed = Vec::new();
    for wanted in wanted {
        match wanted.replace(arguments, &known) {
            Ok(said) => notes.extend(said),
            Err(problem) => failed.push((wanted, problem)),
        }
    }
    let unknown: Vec<_> = failed.iter().map(|(wanted, _)| *wanted).collect();
    if known.renew(&unknown, reader).await? {
        failed.retain_mut(|(wanted, problem)| {
            match wanted.replace(arguments, &known) {
                Ok(said) => notes.extend(said),
                Err(again) => {
                    *problem = again;
                    return true;
                }
            }
            false
        });
    }
    if failed.is_empty() {
        return Ok(notes);
    }
    let problems: Vec<_> = failed.into_iter().map(|(_, problem)| problem).collect();
    Err(Unresolved::Names(problems.join("\n")))
}
