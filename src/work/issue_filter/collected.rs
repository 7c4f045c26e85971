//! Issues that are read as a whole and checked here.

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use super::{
    found::{Found, MAX_ISSUES, Page},
    pages::{self, AT_ONCE, PAGE},
    query::{Arguments, Check, IssueQuery},
};
use crate::{
    toolkit::work::{Operations, WorkError},
    work::requests,
};

/// The number of issues that one request names by their ids.
const IDS: usize = 50;

pub(super) async fn find(
    query: &IssueQuery,
    operations: &dyn Operations,
    page: &Page,
) -> Result<Found, WorkError> {
    let issues = match read(query, operations).await? {
        Read::All(issues) => issues,
        Read::TooMany(_) if is_only_days(query) => {
            return by_backlog_days(query, operations, page).await;
        }
        Read::TooMany(total) => return Err(too_many(total)),
    };
    let mut issues = issues;
    page.sort.sort(&mut issues, &query.space.renderer);
    Ok(Found {
        total: issues.len(),
        issues: issues
            .into_iter()
            .skip(page.offset)
            .take(page.limit)
            .collect(),
        ..Found::default()
    })
}

pub(super) async fn all(
    query: &IssueQuery,
    operations: &dyn Operations,
) -> Result<Vec<Value>, WorkError> {
    match read(query, operations).await? {
        Read::All(issues) => Ok(issues),
        Read::TooMany(total) => Err(too_many(total)),
    }
}

fn too_many(total: usize) -> WorkError {
    WorkError::Arguments(format!(
        "{total} issues would have to be read, and at most {MAX_ISSUES} can be; name a project, a \
         person, a milestone or a shorter span"
    ))
}

/// Whether only spans of days have to be checked.
fn is_only_days(query: &IssueQuery) -> bool {
    let is_day = |check: &Check| matches!(check, Check::Day(..));
    query.words.is_empty() && query.closings.is_none() && query.checks.iter().all(is_day)
}

/// Finds issues by the days as Backlog counts them.
async fn by_backlog_days(
    query: &IssueQuery,
    operations: &dyn Operations,
    page: &Page,
) -> Result<Found, WorkError> {
    let mut arguments = query.arguments.clone();
    arguments.extend(query.backlog_days.clone());
    let mut found = pages::find(operations, &arguments, page).await?;
    found.notes.push(
        "created and updated are compared by Backlog's own days, which may begin at another hour \
         than those of the space"
            .to_owned(),
    );
    Ok(found)
}

enum Read {
    All(Vec<Value>),
    TooMany(usize),
}

async fn read(query: &IssueQuery, operations: &dyn Operations) -> Result<Read, WorkError> {
    let issues = match &query.closings {
        Some(closings) => {
            let ids: Vec<_> = closings.keys().copied().collect();
            by_ids(operations, &query.arguments, &ids).await?
        }
        None => match candidates(operations, &query.arguments).await? {
            Read::All(issues) => issues,
            too_many @ Read::TooMany(_) => return Ok(too_many),
        },
    };
    let holds = |check: &Check, issue: &Value| check.holds(issue, &query.space);
    let mut issues: Vec<_> = issues
        .into_iter()
        .filter(|issue| query.checks.iter().all(|check| holds(check, issue)))
        .collect();
    for word in &query.words {
        let ids: Vec<_> = issues
            .iter()
            .filter_map(|issue| issue["id"].as_i64())
            .collect();
        let mut arguments = Arguments::new();
        arguments.insert("keyword".to_owned(), word.as_str().into());
        issues = by_ids(operations, &arguments, &ids).await?;
    }
    // An issue that changes meanwhile may be on two pages.
    let mut seen = std::collections::BTreeSet::new();
    issues.retain(|issue| seen.insert(issue["id"].as_i64()));
    Ok(Read::All(issues))
}

/// Reads all issues that Backlog's filters let through.
async fn candidates(operations: &dyn Operations, arguments: &Arguments) -> Result<Read, WorkError> {
    let mut arguments = arguments.clone();
    // New issues are the last ones, so that none moves to another page meanwhile.
    arguments.insert("sort".to_owned(), "created".into());
    arguments.insert("order".to_owned(), "asc".into());
    let mut issues = pages::read(operations, &arguments, 0, PAGE).await?;
    if issues.len() < PAGE {
        return Ok(Read::All(issues));
    }
    let total = pages::count(operations, arguments.clone()).await?;
    if total > MAX_ISSUES {
        return Ok(Read::TooMany(total));
    }
    issues.extend(pages::read_range(operations, &arguments, PAGE..total).await?);
    Ok(Read::All(issues))
}

/// Reads those of the issues that Backlog's filters let through.
async fn by_ids(
    operations: &dyn Operations,
    arguments: &Arguments,
    ids: &[i64],
) -> Result<Vec<Value>, WorkError> {
    let chunks: Vec<Arguments> = ids
        .chunks(IDS)
        .map(|ids| {
            let mut arguments = arguments.clone();
            arguments.insert("id".to_owned(), json!(ids));
            arguments
        })
        .collect();
    if chunks.len() > 2 {
        requests::check(operations, chunks.len()).await?;
    }
    let read = stream::iter(chunks)
        .map(|arguments| async move { pages::read(operations, &arguments, 0, PAGE).await })
        .buffered(AT_ONCE);
    let read: Vec<Vec<Value>> = read.try_collect().await?;
    Ok(read.into_iter().flatten().collect())
}
