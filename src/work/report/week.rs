//! Issues that were added, closed and commented in a period, and those that are overdue.

use std::{collections::BTreeSet, fmt::Write};

use backlog_rendering::inline;
use backlog_words::span::Span;
use serde_json::Value;

use super::{
    subject::Subject,
    tally::{Tally, ranked},
};
use crate::{
    toolkit::work::WorkError,
    work::{
        activities::{self, Source},
        issue_filter::{Found, IssueFilter, Page, Sort},
    },
};

/// The number of issues of each kind that are named.
const NAMED: usize = 15;
/// The kinds of activities that may have a comment.
const KINDS: [u8; 2] = [2, 3];

pub(super) async fn report(subject: &Subject<'_>) -> Result<String, WorkError> {
    let span = subject.span();
    let days = Some(span.to_string());
    let person = subject.person_text();
    let status = |word: &str| Some(word.to_owned());
    let added = IssueFilter {
        created: days.clone(),
        creator: person.clone(),
        status: status("all"),
        ..subject.filter()
    };
    let closed = IssueFilter {
        closed: days,
        assignee: person.clone(),
        ..subject.filter()
    };
    let overdue = IssueFilter {
        due: status("overdue"),
        assignee: person.clone(),
        ..subject.filter()
    };
    let open = IssueFilter {
        assignee: person,
        ..subject.filter()
    };
    let (added, closed, overdue, open, comments) = futures_util::try_join!(
        found(subject, &added, Sort::NEWEST, NAMED),
        found(subject, &closed, Sort::NEWEST, NAMED),
        found(subject, &overdue, Sort::DUE, NAMED),
        found(subject, &open, Sort::NEWEST, 0),
        comments(subject, span),
    )?;
    let mut text = format!("# {}, {span}\n\n", subject.title());
    let _ = writeln!(
        text,
        "{} added, {} closed, {comments}; {} open, {} of them overdue.",
        added.total, closed.total, open.total, overdue.total
    );
    if added.total + closed.total + overdue.total > 0 {
        let _ = writeln!(text, "{}", subject.space.renderer.issue_url_form());
    }
    section(&mut text, subject, "Added", &added);
    section(&mut text, subject, "Closed", &closed);
    section(&mut text, subject, "Overdue", &overdue);
    for note in closed.notes {
        let _ = writeln!(text, "\nNote: {note}.");
    }
    Ok(text)
}

async fn found(
    subject: &Subject<'_>,
    filter: &IssueFilter,
    sort: Sort,
    limit: usize,
) -> Result<Found, WorkError> {
    let page = Page {
        sort,
        offset: 0,
        limit,
    };
    filter.find(subject.operations, &page).await
}

/// Counts the comments of the period, with their issues and authors.
async fn comments(subject: &Subject<'_>, span: Span) -> Result<String, WorkError> {
    let user = subject.person_id().await?;
    let sources = Source::of(subject.operations, &subject.projects, user);
    let period = subject.moments(span);
    let read = activities::since(subject.operations, &sources, &KINDS, period.start).await?;
    let mut tally = Tally::<usize>::default();
    let mut issues = BTreeSet::new();
    let mut number = 0;
    let ids = subject.projects.ids();
    for activity in &read.list {
        let comment = activity["content"]["comment"]["content"].as_str();
        let is_comment = comment.is_some_and(|text| !text.trim().is_empty());
        let project = activity["project"]["id"].as_i64();
        let is_of_project = project.is_some_and(|id| ids.contains(&id));
        let author = activity["createdUser"]["id"].as_i64();
        let is_of_user = user.is_none() || user == author;
        let at = crate::work::space::moment(&activity["created"]);
        let is_within = at.is_some_and(|at| period.contains(at));
        if is_comment && is_of_project && is_of_user && is_within {
            number += 1;
            issues.insert(activity["content"]["id"].as_i64());
            *tally.of(&activity["createdUser"], &subject.space.renderer) += 1;
        }
    }
    let at_least = if read.are_complete { "" } else { "at least " };
    let authors = match (number, user) {
        (0, _) | (_, Some(_)) => String::new(),
        _ => format!(" ({})", ranked(tally)),
    };
    let comments = match number {
        1 => "1 comment".to_owned(),
        number => format!("{number} comments on {} issues", issues.len()),
    };
    Ok(format!("{at_least}{comments}{authors}"))
}

/// Names the first issues.
fn section(text: &mut String, subject: &Subject<'_>, title: &str, found: &Found) {
    if found.total == 0 {
        return;
    }
    let _ = writeln!(text, "\n## {title} ({})\n", found.total);
    for issue in &found.issues {
        let _ = writeln!(text, "- {}", line(subject, found, issue));
    }
    let more = found.total - found.issues.len();
    if more > 0 {
        let _ = writeln!(text, "\n{more} more: find_issues lists them.");
    }
}

/// `HARBOR-2 “Move card payments” (Daniel Okafor, due 2026-10-20)`
fn line(subject: &Subject<'_>, found: &Found, issue: &Value) -> String {
    let renderer = &subject.space.renderer;
    let key = inline::line(issue["issueKey"].as_str().unwrap_or_default());
    let summary = inline::excerpt(issue["summary"].as_str().unwrap_or_default(), 120);
    let closing = found
        .closings
        .get(&issue["id"].as_i64().unwrap_or_default());
    let facts: Vec<_> = match closing {
        Some(closing) => {
            let day = subject.space.day(closing.at);
            let is_open = !crate::work::issue_filter::is_closed(issue);
            let again = is_open.then(|| "open again".to_owned());
            let by = format!("{day} by {}", inline::line(&closing.name));
            [Some(by), again].into_iter().flatten().collect()
        }
        None => {
            let assignee = renderer.person(&issue["assignee"]);
            let due = renderer
                .day(&issue["dueDate"])
                .map(|due| format!("due {due}"));
            [assignee, due].into_iter().flatten().collect()
        }
    };
    match facts.is_empty() {
        true => format!("{key} “{summary}”"),
        false => format!("{key} “{summary}” ({})", facts.join(", ")),
    }
}
