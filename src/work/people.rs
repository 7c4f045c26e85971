//! The users that inputs name.

use backlog_rendering::inline;
use backlog_words::matching::{Candidate, MatchError};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{
    toolkit::{
        name_kind::NameKind,
        work::{NamedId, Operations, WorkError},
    },
    work::{
        named::{self, Named, User},
        projects::Projects,
        requests,
    },
};

/// The number of lists that are read at the same time.
const AT_ONCE: usize = 4;
/// The members of at most this many projects are read.
const MAX_PROJECTS: usize = 10;

/// The kind of the names, in errors.
const NOUN: &str = "user";

/// A user that an input names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Me,
    Nobody,
    User { id: i64, name: String },
}

/// Finds the users that a text names, separated by commas, among the members of the projects, or
/// else of the space.
///
/// # Errors
/// A name fits no user or several, or Backlog does not return the lists.
pub(crate) async fn find_all(
    operations: &dyn Operations,
    (input, text): (&'static str, &str),
    projects: &Projects,
    notes: &mut Vec<String>,
) -> Result<Vec<Who>, WorkError> {
    let whole = find(operations, (input, text), projects, notes).await;
    let parts: Vec<_> = text.split([',', '、', ';']).map(str::trim).collect();
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    match whole {
        Err(WorkError::Arguments(_)) if parts.len() > 1 => {}
        found => return Ok(vec![found?]),
    }
    let mut people = Vec::new();
    for part in parts {
        let who = find(operations, (input, part), projects, notes).await?;
        if !people.contains(&who) {
            people.push(who);
        }
    }
    Ok(people)
}

/// Finds the user that a text names.
///
/// # Errors
/// The text fits no user or several, or Backlog does not return the lists.
pub(crate) async fn find(
    operations: &dyn Operations,
    (input, text): (&'static str, &str),
    projects: &Projects,
    notes: &mut Vec<String>,
) -> Result<Who, WorkError> {
    let forms = match named::user(input, text)? {
        User::Me => return Ok(Who::Me),
        User::Nobody => return Ok(Who::Nobody),
        User::Named(forms) => forms,
    };
    let mut unknown = None;
    if projects.are_given && projects.list.len() <= MAX_PROJECTS {
        let members = members(operations, projects).await?;
        match named::first(NOUN, &forms, &candidates(members)) {
            Err(error @ MatchError::Unknown { .. }) => unknown = Some(error),
            it => return found(it, (input, text), notes),
        }
    }
    let users = operations.names(NameKind::SpaceUser, None).await;
    match (users, unknown) {
        (Err(error), None) => Err(error.into()),
        (Err(_), Some(unknown)) => found(Err(unknown), (input, text), notes),
        (Ok(users), unknown) => {
            let of_space = named::first(NOUN, &forms, &candidates(users));
            let of_space = of_space.map_err(|error| match error {
                MatchError::Unknown { .. } => unknown.unwrap_or(error),
                several => several,
            });
            found(of_space, (input, text), notes)
        }
    }
}

/// The id of the signed-in user.
pub(crate) async fn own_id(operations: &dyn Operations) -> Result<i64, WorkError> {
    Ok(operations.myself().await?.id)
}

async fn members(
    operations: &dyn Operations,
    projects: &Projects,
) -> Result<Vec<NamedId>, WorkError> {
    requests::check(operations, projects.list.len()).await?;
    let ids = projects.ids().into_iter().map(|id| id.to_string());
    let lists = stream::iter(ids)
        .map(|id| async move { operations.names(NameKind::User, Some(&id)).await })
        .buffered(AT_ONCE);
    let lists: Vec<_> = lists.try_collect().await?;
    Ok(lists.into_iter().flatten().collect())
}

fn candidates(users: Vec<NamedId>) -> Vec<Candidate> {
    let candidate = |user: NamedId| Candidate::new(user.id, user.name).with_words(user.others);
    users.into_iter().map(candidate).collect()
}

fn found(
    found: Result<(Named, bool), MatchError>,
    (input, text): (&'static str, &str),
    notes: &mut Vec<String>,
) -> Result<Who, WorkError> {
    let found = found.map_err(|error| WorkError::Arguments(format!("{input}: {error}")));
    let (Named { id, name }, is_part) = found?;
    if is_part {
        let shown = inline::line(&name);
        notes.push(format!("{input} {text:?} was read as {shown}"));
    }
    Ok(Who::User { id, name })
}
