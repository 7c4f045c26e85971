//! Resolves names to ids: a caller may give the status "In Progress" instead of its id.
//!
//! 1. The inputs declare which of them accept a name, and of which kind ([`NameKind`]). A call
//!    without names is left alone.
//! 2. Names of projects are resolved first, because most other names belong to a project. The
//!    call's arguments identify it, if necessary by its issue ([`about`]).
//! 3. The lists of names are loaded from Backlog with the caller's credentials, a few at a time
//!    ([`known`]), and cached for this caller only ([`lists`]). The number of names in a call is
//!    limited, and lookups never use the user's last requests under Backlog's rate limit
//!    ([`allowance`]).
//! 4. A name must match exactly one entry ([`entry`]). If a cached list does not have it, or only
//!    in different case, it may be new, so the list is loaded again. One text in a list may hold
//!    several names ([`parted`]).
//! 5. If a name is unknown or ambiguous, the call fails with the candidates, and the tool does not
//!    run. If a part of a user's name was enough, the result says how it was interpreted.
//!
//! If only some projects are allowed ([`ProjectRestriction`]), the lists of other projects are not
//! read, and the list of projects has only the allowed ones. So the candidates never include
//! others.
//!
//! A text of digits is an id, unless it is also the name of another entry: then the caller has to
//! choose, with `id:12` or the other entry's id. Custom fields are also looked up if they are given
//! by id and their value is a text, so that it is parsed by the field's type ([`custom_field`]),
//! and if Backlog rejects a change for them ([`field_hint`]).

mod about;
mod allowance;
mod argument;
mod count;
mod custom_field;
mod entry;
mod field_hint;
mod id;
mod kind;
mod known;
mod list;
mod lists;
mod parted;
mod problems;
mod project;
mod restriction;
mod unresolved;
mod words;

use chrono::DateTime;
use chrono_tz::Tz;
use rmcp::model::JsonObject;

use crate::toolkit::{
    attempt::Backlog,
    error::ToolError,
    name_kind::{NameKind, Named},
    work::NamedId,
};
use argument::NameArgument;
use entry::Entry;
use known::{Known, Scope};
use list::List;
use lists::Reader;
use project::Project;

use backlog_client::ErrorItem;
pub(crate) use field_hint::FieldHint;
pub(crate) use lists::Lists;
pub use lists::MEMORY as NAME_MEMORY;
pub(crate) use restriction::ProjectRestriction;
pub(crate) use unresolved::Unresolved;

/// The maximum number of projects to look up names in. Each one means a request to Backlog.
const MAX_PROJECTS: usize = 10;
/// The maximum number of names in all arguments of a call. The key of an issue means a request to
/// Backlog.
const MAX_NAMES: usize = 100;
/// The maximum number of elements, including ids, in all lists with names in a call.
const MAX_ELEMENTS: usize = 1000;

/// The lists in which the names of a call are looked up.
pub(crate) struct Lookup<'a> {
    pub lists: &'a Lists,
    pub restriction: ProjectRestriction<'a>,
    /// The current time in the time zone of the space, for the days in custom fields.
    pub now: DateTime<Tz>,
}

/// The outcome of resolving the names of a call.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    /// Whether the call had names.
    pub any: bool,
    /// Notes for the result.
    pub notes: Vec<String>,
}

/// Replaces the names among the arguments with ids. Anything else is left to the tool to check.
///
/// # Errors
/// A name is unknown or ambiguous, or a list could not be read from Backlog.
pub(crate) async fn resolve(
    named: &[Named],
    arguments: &mut JsonObject,
    lookup: Lookup<'_>,
    backlog: &Backlog<'_>,
) -> Result<Resolved, Unresolved> {
    let is_project =
        |wanted: &NameArgument| matches!(wanted.kind, NameKind::Project | NameKind::ProjectKey);
    let (of_projects, others): (Vec<_>, Vec<_>) = named
        .iter()
        .filter_map(|input| NameArgument::of(input, arguments))
        .partition(is_project);
    if of_projects.is_empty() && others.is_empty() {
        return Ok(Resolved::default());
    }
    check_count(of_projects.iter().chain(&others))?;
    let reader = lookup.lists.reader(backlog, lookup.restriction).await?;
    let scope = Scope {
        projects: &[],
        now: lookup.now,
    };
    let mut notes = replace(&of_projects, arguments, scope, &reader).await?;

    // For a text of digits only a list that needs no extra request is used.
    let depends = others.iter().any(NameArgument::depends_on_project);
    let mut projects = match others
        .iter()
        .any(|wanted| wanted.kind.of_project().is_some())
    {
        true => {
            let may_ask = depends || others.iter().any(NameArgument::has_values_to_check);
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
                "projectId: names can be looked up in at most {MAX_PROJECTS} projects; give fewer \
                 projects, or ids instead of names"
            )));
        }
        projects.clear();
    }
    let scope = Scope {
        projects: &projects,
        ..scope
    };
    notes.extend(replace(&others, arguments, scope, &reader).await?);
    Ok(Resolved { any: true, notes })
}

/// The names of a kind, of a project where the kind belongs to one.
///
/// # Errors
/// The list could not be read, or its project is not allowed.
pub(crate) async fn all(
    kind: NameKind,
    project: Option<&str>,
    lists: &Lists,
    bounds: ProjectRestriction<'_>,
    backlog: &Backlog<'_>,
) -> Result<Vec<NamedId>, ToolError> {
    let reader = lists.reader(backlog, bounds).await?;
    let project = project.map(|text| match text.parse() {
        Ok(id) => Project::Id(id),
        Err(_) => Project::Key(text.to_owned()),
    });
    let mut names = Vec::new();
    for list in kind.lists("", project.as_slice()) {
        let loaded = reader.load(&list, false).await?;
        names.extend(loaded.entries.iter().map(named));
    }
    Ok(names)
}

/// The signed-in user; `None` if Backlog's response has none.
///
/// # Errors
/// Backlog does not return the user.
pub(crate) async fn myself(
    lists: &Lists,
    bounds: ProjectRestriction<'_>,
    backlog: &Backlog<'_>,
) -> Result<Option<NamedId>, ToolError> {
    let reader = lists.reader(backlog, bounds).await?;
    let loaded = reader.load(&List::Myself, false).await?;
    Ok(loaded.entries.first().map(named))
}

fn named(entry: &Entry) -> NamedId {
    NamedId {
        id: entry.id,
        name: entry.name().to_owned(),
        others: entry.others().to_vec(),
    }
}

/// Describes the custom fields for which Backlog rejected a change; `None` if there are none.
pub(crate) async fn explain(
    fields: &FieldHint,
    errors: &[ErrorItem],
    lists: &Lists,
    bounds: ProjectRestriction<'_>,
    backlog: &Backlog<'_>,
) -> Option<String> {
    let reader = lists.reader(backlog, bounds).await.ok()?;
    fields.text(errors, &reader).await
}

/// Checks the number of names, and of elements in lists with names, in a call.
fn check_count<'a>(all: impl Iterator<Item = &'a NameArgument>) -> Result<(), Unresolved> {
    let (mut names, mut elements) = (0, 0);
    for wanted in all {
        let count = wanted.count();
        names += count.names;
        elements += count.elements;
        let problem = match () {
            () if names > MAX_NAMES => {
                format!("a call can have at most {MAX_NAMES} names")
            }
            () if elements > MAX_ELEMENTS => {
                format!("lists with names can have at most {MAX_ELEMENTS} elements in one call")
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

/// Replaces the names in these arguments; returns notes for the result.
async fn replace(
    wanted: &[NameArgument],
    arguments: &mut JsonObject,
    scope: Scope<'_>,
    reader: &Reader<'_>,
) -> Result<Vec<String>, Unresolved> {
    let lists_of = |wanted: &NameArgument| wanted.lists(scope.projects);
    let (needed, useful): (Vec<_>, Vec<_>) = wanted.iter().partition(|it| it.needs_list());
    let needed = needed.into_iter().flat_map(lists_of).collect();
    let useful = useful.into_iter().flat_map(lists_of).collect();
    let mut known = Known::load(needed, useful, scope, reader).await?;
    let unsure = wanted.iter().filter(|it| it.is_unsure(&known));
    let unsure = unsure.flat_map(lists_of).collect();
    known.renew(unsure, reader).await?;

    let mut notes = Vec::new();
    let mut failed = Vec::new();
    for wanted in wanted {
        match wanted.replace(arguments, &known) {
            Ok(said) => notes.extend(said),
            Err(problem) => failed.push((wanted, problem)),
        }
    }
    let unknown = failed.iter().flat_map(|(wanted, _)| lists_of(wanted));
    if known.renew(unknown.collect(), reader).await? {
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
