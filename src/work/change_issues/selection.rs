//! The issues that a call names or selects.

use futures_util::{StreamExt, stream};
use serde_json::Value;

use super::call::ChangeIssues;
use crate::{
    toolkit::work::{Operations, Problems, WorkError},
    work::{
        issue_filter::{IssueFilter, Page, Sort},
        issue_reference::IssueReference,
        requests,
        space::Space,
    },
};

/// The maximum number of issues that a call may select.
const MAX_SELECTED: usize = 200;
/// The number of issues that are read at the same time.
const AT_ONCE: usize = 4;

/// The issues of a call.
#[derive(Debug, Default)]
pub(super) struct Selected {
    /// As Backlog returns them.
    pub issues: Vec<Value>,
    /// Whether a filter selects them.
    pub is_filtered: bool,
    pub notes: Vec<String>,
}

/// Reads the issues.
///
/// # Errors
/// One does not exist, or there are too many.
pub(super) async fn read(
    operations: &dyn Operations,
    space: &Space,
    call: &ChangeIssues,
) -> Result<Selected, WorkError> {
    let invalid = |reason: &str| Err(WorkError::Arguments(reason.to_owned()));
    match (call.issues.as_deref(), &call.filter) {
        (Some(keys), None) => by_key(operations, space, keys).await,
        (None, Some(filter)) => by_filter(operations, filter).await,
        (Some(_), Some(_)) => invalid("issues: give either issues or where, not both"),
        (None, None) => invalid("issues: is required, such as [\"PROJ-12\"]; or give where"),
    }
}

async fn by_filter(
    operations: &dyn Operations,
    filter: &IssueFilter,
) -> Result<Selected, WorkError> {
    let page = Page {
        sort: Sort::NEWEST,
        offset: 0,
        limit: MAX_SELECTED,
    };
    let found = filter.find(operations, &page).await;
    let found = found.map_err(|error| match error {
        WorkError::Arguments(reason) => {
            let lines: Vec<_> = reason.lines().map(|line| format!("where.{line}")).collect();
            WorkError::Arguments(lines.join("\n"))
        }
        error @ WorkError::Operation(_) => error,
    })?;
    if found.total > MAX_SELECTED {
        let reason = format!(
            "where: selects {} issues, and a call can select at most {MAX_SELECTED}; add filters",
            found.total
        );
        return Err(WorkError::Arguments(reason));
    }
    let mut notes = found.notes;
    notes.extend(filter.note_about_closed().map(str::to_owned));
    Ok(Selected {
        issues: found.issues,
        is_filtered: true,
        notes,
    })
}

async fn by_key(
    operations: &dyn Operations,
    space: &Space,
    texts: &[String],
) -> Result<Selected, WorkError> {
    let mut references = Vec::new();
    let mut selected = Selected::default();
    let mut problems = Problems::default();
    for text in texts {
        let reference = IssueReference::read("issues", text, &space.host);
        let Some(reference) = problems.keep(reference)? else {
            continue;
        };
        match references.contains(&reference) {
            true => selected.notes.push(twice(&reference.to_string())),
            false => references.push(reference),
        }
    }
    problems.end()?;
    if references.len() > MAX_SELECTED {
        let reason = format!(
            "issues: expected at most {MAX_SELECTED}, received {}",
            references.len()
        );
        return Err(WorkError::Arguments(reason));
    }
    if references.len() > 1 {
        requests::check(operations, references.len()).await?;
    }
    let issues = stream::iter(references)
        .map(|reference| async move { reference.fetch("issues", operations).await })
        .buffered(AT_ONCE);
    let issues: Vec<_> = issues.collect().await;
    let mut problems = Problems::default();
    for issue in issues {
        let Some(issue) = problems.keep(issue)? else {
            continue;
        };
        // An issue that has moved is found by both of its keys.
        match selected
            .issues
            .iter()
            .any(|other| other["id"] == issue["id"])
        {
            true => {
                let key = issue["issueKey"].as_str().unwrap_or_default();
                selected.notes.push(twice(key));
            }
            false => selected.issues.push(issue),
        }
    }
    problems.end()?;
    Ok(selected)
}

fn twice(key: &str) -> String {
    format!("{key} was given more than once; it is changed once.")
}
