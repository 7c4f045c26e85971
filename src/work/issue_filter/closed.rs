//! The issues that were closed in a period, by whom.
//!
//! 1. The activities of the period have every closing ([`activities`]).
//! 2. If these are too many to be read, the change logs of the issues that are closed now and
//!    changed since have them.

use backlog_words::span::Span;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::json;

use super::{names, pages, query::IssueQuery};
use crate::{
    toolkit::{
        name_kind::NameKind,
        work::{Operations, WorkError},
    },
    work::{
        activities::{self, Source},
        closings::{self, Closings, Period, Statuses},
        people::{self, Who},
        projects::Projects,
        requests,
    },
};

/// The maximum number of issues of which the change log is read.
const MAX_LOGS: usize = 100;
const AT_ONCE: usize = 4;

/// Limits a query to the issues that were closed in a span, by one of the users if any are given.
///
/// # Errors
/// The period has too many changes, or Backlog does not return them.
pub(super) async fn add(
    operations: &dyn Operations,
    query: &mut IssueQuery,
    span: Span,
    closers: &[Who],
) -> Result<(), WorkError> {
    let users = ids(operations, closers).await?;
    let period = Period::of(&query.space, span);
    let found = by_activities(operations, &query.projects, period, &users).await?;
    let closings = match found {
        Some(closings) => closings,
        None => by_logs(operations, query, span, &users).await?,
    };
    query.closings = Some(closings);
    Ok(())
}

async fn ids(operations: &dyn Operations, people: &[Who]) -> Result<Vec<i64>, WorkError> {
    let mut ids = Vec::new();
    for who in people {
        match who {
            Who::Me => ids.push(people::own_id(operations).await?),
            Who::User { id, .. } => ids.push(*id),
            Who::Nobody => {}
        }
    }
    Ok(ids)
}

/// Reads the closings from activities; `None` if they are too many.
pub(crate) async fn by_activities(
    operations: &dyn Operations,
    projects: &Projects,
    period: Period,
    users: &[i64],
) -> Result<Option<Closings>, WorkError> {
    let user = match users {
        [user] => Some(*user),
        _ => None,
    };
    let sources = Source::of(operations, projects, user);
    let kinds = &closings::KINDS;
    let read = activities::since(operations, &sources, kinds, period.start).await?;
    if !read.are_complete {
        return Ok(None);
    }
    let statuses = statuses(operations, projects).await?;
    Ok(Some(closings::of_activities(
        &read.list, period, users, &statuses,
    )))
}

async fn statuses(operations: &dyn Operations, projects: &Projects) -> Result<Statuses, WorkError> {
    if projects.list.len() > names::MAX_PROJECTS {
        return Ok(Statuses::new());
    }
    let lists = names::lists(operations, "status", NameKind::Status, projects).await?;
    Ok(projects.ids().into_iter().zip(lists).collect())
}

/// Reads the closings from the change logs of issues.
async fn by_logs(
    operations: &dyn Operations,
    query: &mut IssueQuery,
    span: Span,
    users: &[i64],
) -> Result<Closings, WorkError> {
    let period = Period::of(&query.space, span);
    let mut candidates = query.clone();
    candidates
        .arguments
        .insert("statusId".to_owned(), json!([4]));
    if let Some(start) = span.start() {
        candidates.add_span("updated", Span::since(start));
    }
    let total = pages::count(operations, candidates.arguments.clone()).await?;
    if total > MAX_LOGS {
        return Err(WorkError::Arguments(format!(
            "closed: {span} has more changes than can be read, and {total} issues that may have \
             been closed then; give a later or shorter span, a project, or an assignee"
        )));
    }
    let issues = candidates.all(operations).await?;
    requests::check(operations, issues.len()).await?;
    let ids: Vec<_> = issues
        .iter()
        .filter_map(|issue| issue["id"].as_i64())
        .collect();
    let read = stream::iter(ids)
        .map(|id| async move {
            let closing = closings::of_comments(operations, id, period, users).await?;
            Ok::<_, WorkError>(closing.map(|closing| (id, closing)))
        })
        .buffered(AT_ONCE);
    let read: Vec<_> = read.try_collect().await?;
    query.notes.push(
        "closings were read from the issues that are closed now; those that were opened again are \
         not included"
            .to_owned(),
    );
    Ok(read.into_iter().flatten().collect())
}
