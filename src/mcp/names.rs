//! Names for ids: whoever knows that the status is "In Progress" need not know its number.
//!
//! 1. The inputs say which of them take a name, and of what ([`Kind`]); a call without any is
//!    left alone.
//! 2. Names of projects become ids first: most other names belong to a project. Which one, the
//!    call's own arguments say, by way of its issue if need be ([`about`]).
//! 3. The lists of names come from Backlog with the caller's credentials, a few at a time, and are
//!    remembered for this caller alone ([`lists`]). How many names a call may have is bounded, and
//!    they never take the last requests that Backlog allows the user ([`allowance`]).
//! 4. A name must be one entry's ([`entry`]). One that a remembered list does not have may be
//!    new: the list is read once more.
//! 5. What is left unclear becomes one text with the candidates, and the tool does not run. Where a
//!    part of a name was enough, the result says whom it was taken for.
//!
//! Where only some projects are allowed ([`Bounds`]), no list of another one is read, and the list
//! of projects has the allowed ones only: so there are no others among the candidates either.
//!
//! A text of digits is an id, unless something else is called so: then the caller has to choose.

mod about;
mod allowance;
mod bounds;
mod custom_field;
mod entry;
mod lists;
mod wanted;
mod words;

use std::collections::{HashMap, HashSet, VecDeque};

use futures_util::stream::{self, StreamExt, TryStreamExt};
use rmcp::model::JsonObject;
use serde::{Deserialize, Serialize};

use about::Project;
use allowance::AT_ONCE;
use entry::Entry;
use lists::{List, Loaded, OfProject, Reader};
use wanted::Wanted;
use words::is_me;

use super::{failure::ToolError, tool::Backlog};

pub(super) use bounds::Bounds;
pub(super) use entry::quoted;
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

/// What a name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Kind {
    Project,
    /// The same, in an input that takes its key as it is.
    ProjectKey,
    /// Known by its key.
    Issue,
    User,
    /// Also one who is not in the project that the call is about.
    SpaceUser,
    Priority,
    Resolution,
    IssueType,
    Status,
    Category,
    /// Milestones are versions.
    Version,
    PullRequestStatus,
    /// With the items that can be chosen.
    CustomField,
    /// Of the custom field that another input names.
    CustomFieldItem,
    Team,
    /// A custom field to sort by.
    Sort,
}

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

impl Kind {
    fn noun(self) -> &'static str {
        match self {
            Self::Project | Self::ProjectKey => "project",
            Self::Issue => "issue",
            Self::User | Self::SpaceUser => "user",
            Self::Priority => "priority",
            Self::Resolution => "resolution",
            Self::IssueType => "issue type",
            Self::Status | Self::PullRequestStatus => "status",
            Self::Category => "category",
            Self::Version => "version or milestone",
            Self::CustomField | Self::Sort => "custom field",
            Self::CustomFieldItem => "item",
            Self::Team => "team",
        }
    }

    /// The list that each project has of its own.
    fn of_project(self) -> Option<OfProject> {
        Some(match self {
            Self::User => OfProject::Users,
            Self::IssueType => OfProject::IssueTypes,
            Self::Status => OfProject::Statuses,
            Self::Category => OfProject::Categories,
            Self::Version => OfProject::Versions,
            Self::CustomField | Self::CustomFieldItem | Self::Sort => OfProject::CustomFields,
            _ => return None,
        })
    }

    /// Where to look a name up; nowhere if it takes a project and there is none, or if it is no
    /// issue's key.
    fn lists(self, text: &str, projects: &[Project]) -> Vec<List> {
        match (self, self.of_project()) {
            (Self::User | Self::SpaceUser, _) if is_me(text) => vec![List::Myself],
            (Self::User, _) if projects.is_empty() => vec![List::Users],
            (Self::SpaceUser, _) => vec![List::Users],
            (_, Some(of)) => {
                let projects = projects.iter().cloned();
                projects.map(|project| List::Of(project, of)).collect()
            }
            (Self::Project | Self::ProjectKey, _) => vec![List::Projects],
            (Self::Issue, _) => {
                let key = about::prefix(text).map(|_| text.to_owned());
                key.map(List::Issue).into_iter().collect()
            }
            (Self::Priority, _) => vec![List::Priorities],
            (Self::Resolution, _) => vec![List::Resolutions],
            (Self::Team, _) => vec![List::Teams],
            _ => vec![List::PullRequestStatuses],
        }
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
        true => about::projects(arguments, &reader, depends).await?,
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

/// What was loaded for one call.
struct Known<'a> {
    loaded: HashMap<List, Loaded>,
    projects: &'a [Project],
}

impl Known<'_> {
    /// The entries that could have the name, by list.
    fn of(&self, kind: Kind, text: &str) -> Vec<&Loaded> {
        let lists = kind.lists(text, self.projects);
        let loaded = lists.iter().filter_map(|list| self.loaded.get(list));
        loaded.collect()
    }
}

/// Returns what the result has to say of it.
async fn replace(
    wanted: &[Wanted],
    arguments: &mut JsonObject,
    projects: &[Project],
    reader: &Reader<'_>,
) -> Result<Vec<String>, Unresolved> {
    let lists = |wanted: &Wanted| {
        let texts = wanted.names.iter();
        let lists = texts.flat_map(|text| wanted.kind.lists(text, projects));
        lists.collect::<Vec<_>>()
    };
    let mut known = Known {
        loaded: HashMap::new(),
        projects,
    };
    let (needed, useful): (Vec<_>, Vec<_>) = wanted.iter().partition(|wanted| wanted.needs_list());
    known.loaded = load(needed.into_iter().flat_map(lists).collect(), reader, false).await?;
    let mut useful: Vec<_> = useful.into_iter().flat_map(lists).collect();
    useful.retain(|list| !known.loaded.contains_key(list));
    known.loaded.extend(load_if_possible(useful, reader).await?);

    let mut notes = Vec::new();
    let mut failed = Vec::new();
    for wanted in wanted {
        match wanted.replace(arguments, &known) {
            Ok(said) => notes.extend(said),
            Err(problem) => failed.push((wanted, problem)),
        }
    }
    let remembered = failed
        .iter()
        .flat_map(|(wanted, _)| lists(wanted))
        .filter(|list| {
            known
                .loaded
                .get(list)
                .is_some_and(|loaded| loaded.remembered)
        })
        .collect::<Vec<_>>();
    if !remembered.is_empty() {
        known.loaded.extend(load(remembered, reader, true).await?);
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

/// The same, without those that Backlog does not show: for texts that are ids without them, too.
async fn load_if_possible(
    lists: Vec<List>,
    reader: &Reader<'_>,
) -> Result<HashMap<List, Loaded>, ToolError> {
    let mut loaded = HashMap::new();
    for list in lists {
        if loaded.contains_key(&list) {
            continue;
        }
        match reader.load(&list, false).await {
            Ok(entries) => {
                loaded.insert(list, entries);
            }
            Err(ToolError::Backlog { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(loaded)
}

/// Reads each list once, some at the same time.
async fn load(
    mut lists: Vec<List>,
    reader: &Reader<'_>,
    anew: bool,
) -> Result<HashMap<List, Loaded>, ToolError> {
    let mut distinct = HashSet::new();
    lists.retain(|list| distinct.insert(list.clone()));
    let mut asked = VecDeque::new();
    let mut loaded = HashMap::new();
    for list in lists {
        match anew || reader.must_ask(&list) {
            true => asked.push_back(list),
            false => _ = loaded.insert(list.clone(), reader.load(&list, false).await?),
        }
    }
    // The first of many says how many more there may be.
    if asked.len() > AT_ONCE
        && reader.left().await?.is_none()
        && let Some(list) = asked.pop_front()
    {
        loaded.insert(list.clone(), reader.load(&list, anew).await?);
    }
    let at_once = allowance::at_once(asked.len(), reader).await?;
    let loads = asked.into_iter().map(|list| async move {
        let loaded = reader.load(&list, anew).await?;
        Ok::<_, ToolError>((list, loaded))
    });
    let loads = stream::iter(loads).buffer_unordered(at_once);
    loaded.extend(loads.try_collect::<Vec<_>>().await?);
    Ok(loaded)
}
