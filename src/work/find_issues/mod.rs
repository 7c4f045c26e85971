//! Finds issues: as a table, as groups with counts, or those like another one.
//!
//! 1. The filter is read ([`issue_filter`](crate::work::issue_filter)); with `like`, all statuses
//!    of the project of that issue are meant unless the call says otherwise.
//! 2. The issues of the page are found: by Backlog, or here where they are grouped ([`groups`]) or
//!    compared ([`likeness`]).
//! 3. They are written as lines ([`table`]). The first line says how many there are, and where to
//!    continue.

mod groups;
mod likeness;
mod shown;
mod table;
mod words;

use std::fmt::Write;

use schemars::JsonSchema;
use serde::Deserialize;

use self::{groups::GroupBy, shown::Shown, table::Columns};
use crate::{
    toolkit::{
        tool::Effect,
        work::{Needs, Operations, WorkError, WorkOutput, WorkTool, input::Synonyms},
    },
    work::issue_filter::{IssueFilter, Page, Sort},
};

/// The number of issues unless the call says one, and its maximum.
const USUAL: usize = 50;
const MOST: usize = 200;
/// The number of issues that are compared to another one, unless the call says one.
const USUAL_ALIKE: usize = 10;

/// Lists issues by any combination of filters, as a table with one line per issue (key, summary,
/// status, assignee, due). Finds what is open, overdue, closed last week, unassigned, or similar to
/// another issue. group_by counts and groups; with limit 0 it only counts. Read one with fetch.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct FindIssues {
    #[serde(flatten)]
    filter: IssueFilter,
    /// Key of an issue: those that may be duplicates of it, likeliest first
    like: Option<String>,
    /// project, assignee, status, milestone, type, priority
    group_by: Option<String>,
    /// key, summary, status, assignee, due, priority, type, milestone, category, creator, created,
    /// updated, hours, or custom fields by name
    columns: Option<Vec<String>>,
    /// due, updated, created, priority; - before it for descending; -updated unless given
    sort: Option<String>,
    /// 50 unless given, up to 200
    limit: Option<i64>,
    /// How many to skip
    offset: Option<i64>,
}

impl WorkTool for FindIssues {
    const NAME: &'static str = "find_issues";
    const TITLE: &'static str = "Find issues";
    const EFFECT: Effect = Effect::of(backlog_client::Method::Get);
    const NEEDS: Needs = &[&["get_issues"], &["count_issues"]];
    const SYNONYMS: Synonyms = &[
        ("projectKey", "project"),
        ("projectId", "project"),
        ("projectIdOrKey", "project"),
        ("statusId", "status"),
        ("assigneeId", "assignee"),
        ("assignedTo", "assignee"),
        ("createdUser", "creator"),
        ("createdBy", "creator"),
        ("reporter", "creator"),
        ("author", "creator"),
        ("issueType", "type"),
        ("issueTypeId", "type"),
        ("priorityId", "priority"),
        ("categoryId", "category"),
        ("milestoneId", "milestone"),
        ("version", "milestone"),
        ("parentIssue", "parent"),
        ("parentIssueId", "parent"),
        ("keyword", "text"),
        ("query", "text"),
        ("words", "text"),
        ("dueDate", "due"),
        ("closedBy", "assignee"),
        ("similarTo", "like"),
        ("duplicatesOf", "like"),
        ("count", "limit"),
        ("customFields", "fields"),
        ("field", "name"),
        ("id", "name"),
        ("orderBy", "sort"),
        ("sortBy", "sort"),
    ];

    async fn run(self, operations: &dyn Operations) -> Result<WorkOutput, WorkError> {
        let limit = match self.limit {
            None => None,
            Some(limit) => Some(within("limit", limit, MOST)?),
        };
        let offset = within("offset", self.offset.unwrap_or(0), usize::MAX)?;
        let columns = Columns::read(self.columns.as_deref(), self.filter.closed.is_some());
        if let Some(key) = &self.like {
            if self.group_by.is_some() || self.sort.is_some() {
                return Err(WorkError::Arguments(
                    "like: the likeliest is first; leave out group_by and sort".to_owned(),
                ));
            }
            let limit = limit.unwrap_or(USUAL_ALIKE);
            return likeness::find(operations, self.filter, key, (offset, limit)).await;
        }
        let sort = match &self.sort {
            Some(text) => Sort::read(text)?,
            None if self.filter.due.is_some() => Sort::DUE,
            None => Sort::NEWEST,
        };
        let page = Page {
            sort,
            offset,
            limit: limit.unwrap_or(USUAL),
        };
        match &self.group_by {
            Some(text) => {
                let by = GroupBy::read(text)?;
                groups::find(operations, &self.filter, (by, &page), &columns).await
            }
            None => list(operations, &self.filter, &page, &columns).await,
        }
    }
}

/// Checks a number of issues.
fn within(input: &str, number: i64, most: usize) -> Result<usize, WorkError> {
    let read = usize::try_from(number).ok().filter(|read| *read <= most);
    read.ok_or_else(|| {
        let expected = match most {
            usize::MAX => "0 or more".to_owned(),
            most => format!("0 to {most}; offset continues a list"),
        };
        WorkError::Arguments(format!("{input}: expected {expected}, received {number}"))
    })
}

async fn list(
    operations: &dyn Operations,
    filter: &IssueFilter,
    page: &Page,
    columns: &Columns,
) -> Result<WorkOutput, WorkError> {
    let query = filter.read(operations).await?;
    let found = query.find(operations, page).await?;
    columns.check(&found.issues)?;
    let fitting = columns.fitting(&query.space.renderer, &found, operations.max_tokens());
    let shown = Shown {
        offset: page.offset,
        number: fitting.number,
        total: found.total,
    };
    let mut text = shown.first_line(page.limit == 0);
    for note in &found.notes {
        let _ = writeln!(text, "Note: {note}.");
    }
    if let Some(note) = filter.note_about_closed().filter(|_| found.total == 0) {
        let _ = writeln!(text, "{note}");
    }
    if fitting.number > 0 {
        text.push('\n');
        text.push_str(&fitting.table);
    }
    Ok(WorkOutput::markdown(text).with_structured(shown.structured()))
}
