//! The progress of a milestone: sums, burn-down by week, and the issues that are left.
//!
//! The burn-down is that of the issues that are in the milestone now
//! ([`burn_down`]).

use std::{collections::BTreeMap, fmt::Write};

use backlog_rendering::Column;
use backlog_words::{
    matching::{self, Candidate},
    span::Span,
};
use chrono::NaiveDate;
use serde_json::{Value, json};

use super::{
    burn_down::{self, BurnDown},
    subject::Subject,
    tally::hours,
};
use crate::{
    toolkit::work::WorkError,
    work::{
        issue_filter::{self, IssueFilter, IssueQuery, Sort, is_closed},
        requests,
        space::moment,
    },
};

/// The number of issues left that are listed.
const LISTED: usize = 50;
const COLUMNS: [Column; 7] = [
    Column::Key,
    Column::Summary,
    Column::Status,
    Column::Assignee,
    Column::Due,
    Column::Priority,
    Column::Hours,
];

/// The issues of a milestone.
struct Milestone<'a> {
    subject: &'a Subject<'a>,
    issues: &'a [Value],
    /// The days of the closings, by the id of the issue; `None` if they are not known.
    closed: Option<BTreeMap<i64, NaiveDate>>,
}

pub(super) async fn report(subject: &Subject<'_>) -> Result<String, WorkError> {
    let milestones = milestones(subject).await?;
    let Some(name) = &subject.milestone else {
        return Err(missing(&milestones));
    };
    let filter = IssueFilter {
        status: Some("all".to_owned()),
        assignee: subject.person_text(),
        ..subject.filter()
    };
    let query = filter.read(subject.operations).await?;
    let issues = query.all(subject.operations).await?;
    let mut text = format!("# {}\n\n", subject.title());
    for milestone in named(&milestones, name) {
        let _ = writeln!(text, "{}", dates(subject, milestone));
    }
    for note in &query.notes {
        let _ = writeln!(text, "Note: {note}.");
    }
    if issues.is_empty() {
        text.push_str("The milestone has no issue.\n");
        return Ok(text);
    }
    let milestone = Milestone::read(subject, &query, &issues).await?;
    milestone.sums(&mut text);
    text.push_str(&milestone.burn_down());
    milestone.left(&mut text);
    Ok(text)
}

/// The milestones of the projects; those of all joined projects are not read.
async fn milestones(subject: &Subject<'_>) -> Result<Vec<Value>, WorkError> {
    let mut all = Vec::new();
    if !subject.projects.are_given {
        return Ok(all);
    }
    let ids = subject.projects.ids();
    requests::check(subject.operations, ids.len()).await?;
    for id in ids {
        let arguments = json!({"projectId": id});
        let list = subject
            .operations
            .run("get_version_milestone_list", arguments);
        if let Value::Array(list) = list.await?.value {
            all.extend(list);
        }
    }
    Ok(all)
}

fn missing(milestones: &[Value]) -> WorkError {
    let current = milestones.iter().filter(|it| it["archived"] != true);
    let names: Vec<_> = current
        .filter_map(|it| it["name"].as_str())
        .map(backlog_rendering::inline::line)
        .take(10)
        .collect();
    let reason = match names.is_empty() {
        true => "milestone: is required; project_info lists those of a project".to_owned(),
        false => format!("milestone: is required; available: {}", names.join(", ")),
    };
    WorkError::Arguments(reason)
}

fn named<'a>(milestones: &'a [Value], name: &str) -> Vec<&'a Value> {
    let candidates: Vec<_> = milestones
        .iter()
        .filter_map(|it| Some(Candidate::new(it["id"].as_i64()?, it["name"].as_str()?)))
        .collect();
    let found = matching::find("milestone", name, &candidates).ok();
    let id = found.map(|found| found.candidate.id);
    let is_it = |it: &&Value| id.is_some() && it["id"].as_i64() == id;
    milestones.iter().filter(is_it).collect()
}

/// `2027.01: 2026-11-01 to 2027-01-31, 60 days left.`
fn dates(subject: &Subject<'_>, milestone: &Value) -> String {
    let renderer = &subject.space.renderer;
    let name = backlog_rendering::inline::line(milestone["name"].as_str().unwrap_or_default());
    let start = renderer.day(&milestone["startDate"]);
    let due = renderer.day(&milestone["releaseDueDate"]);
    let left = due.as_deref().and_then(|due| due.parse::<NaiveDate>().ok());
    let left = left.map(|due| (due - subject.space.today()).num_days());
    let left = left.map(|days| match days {
        0 => ", due today".to_owned(),
        1.. => format!(", {days} days left"),
        _ => format!(", {} days overdue", -days),
    });
    let days = match (start, due) {
        (Some(start), Some(due)) => format!(": {start} to {due}"),
        (Some(start), None) => format!(": from {start}, without a due date"),
        (None, Some(due)) => format!(": due {due}"),
        (None, None) => ": without dates".to_owned(),
    };
    format!("{name}{days}{}.", left.unwrap_or_default())
}

impl<'a> Milestone<'a> {
    async fn read(
        subject: &'a Subject<'a>,
        query: &IssueQuery,
        issues: &'a [Value],
    ) -> Result<Self, WorkError> {
        let mut milestone = Self {
            subject,
            issues,
            closed: Some(BTreeMap::new()),
        };
        let closed: Vec<_> = issues.iter().filter(|issue| is_closed(issue)).collect();
        let Some(first) = closed
            .iter()
            .filter_map(|issue| milestone.added(issue))
            .min()
        else {
            return Ok(milestone);
        };
        // Closings before the first week are in the sum before it.
        let start = burn_down::first_week(subject.space.today()).max(first);
        let period = subject.moments(Span::since(start));
        let closings =
            issue_filter::closings(subject.operations, &query.projects, period, &[]).await?;
        milestone.closed = closings.map(|closings| {
            let day = |issue: &&Value| {
                let id = issue["id"].as_i64()?;
                let added = milestone.added(issue)?;
                let at = closings.get(&id).map(|it| subject.space.day(it.at));
                // All closings since the start are known, so any other one was before it; an issue
                // may have been added as a closed one.
                let before = start.pred_opt().unwrap_or(start);
                Some((id, at.unwrap_or(before).max(added)))
            };
            closed.iter().filter_map(day).collect()
        });
        Ok(milestone)
    }

    /// The day on which an issue was added to Backlog.
    fn added(&self, issue: &Value) -> Option<NaiveDate> {
        moment(&issue["created"]).map(|at| self.subject.space.day(at))
    }

    fn open(&self) -> impl Iterator<Item = &Value> {
        self.issues.iter().filter(|issue| !is_closed(issue))
    }

    fn sums(&self, text: &mut String) {
        let total = self.issues.len();
        let closed = total - self.open().count();
        let percent = closed * 100 / total.max(1);
        let mut statuses: BTreeMap<&str, usize> = BTreeMap::new();
        for issue in self.open() {
            let status = issue["status"]["name"].as_str().unwrap_or_default();
            *statuses.entry(status).or_default() += 1;
        }
        let statuses: Vec<_> = statuses
            .into_iter()
            .map(|(name, number)| format!("{} {number}", backlog_rendering::inline::line(name)))
            .collect();
        let left = total - closed;
        let _ = write!(
            text,
            "\n{closed} of {total} issues closed ({percent} %), {left} left"
        );
        let _ = match statuses.is_empty() {
            true => writeln!(text, "."),
            false => writeln!(text, ": {}.", statuses.join(", ")),
        };
        let today = self.subject.space.today().to_string();
        let due = |issue: &Value| self.subject.space.renderer.day(&issue["dueDate"]);
        let overdue = self
            .open()
            .filter(|issue| due(issue).is_some_and(|due| due < today));
        let unassigned = self.open().filter(|issue| issue["assignee"].is_null());
        let _ = writeln!(
            text,
            "Left: {} overdue, {} without an assignee.",
            overdue.count(),
            unassigned.count()
        );
        let sum = |field: &str, issues: &mut dyn Iterator<Item = &Value>| {
            hours(issues.filter_map(|issue| issue[field].as_f64()).sum())
        };
        let _ = writeln!(
            text,
            "Hours: {} planned, {} spent; {} planned for what is left.",
            sum("estimatedHours", &mut self.issues.iter()),
            sum("actualHours", &mut self.issues.iter()),
            sum("estimatedHours", &mut self.open())
        );
    }

    fn burn_down(&self) -> String {
        let Some(closed) = &self.closed else {
            return burn_down::unknown();
        };
        let added = self.issues.iter().filter_map(|it| self.added(it));
        let burn_down = BurnDown {
            today: self.subject.space.today(),
            added: added.collect(),
            closed: closed.values().copied().collect(),
        };
        burn_down.text()
    }

    fn left(&self, text: &mut String) {
        let mut open: Vec<_> = self.open().cloned().collect();
        if open.is_empty() {
            return;
        }
        let renderer = &self.subject.space.renderer;
        Sort::DUE.sort(&mut open, renderer);
        let listed = open.len().min(LISTED);
        let title = match listed == open.len() {
            true => format!("Left ({listed})"),
            false => format!("Left ({listed} of {}; find_issues lists all)", open.len()),
        };
        let table = renderer.issue_table(&open[..listed], &COLUMNS);
        let _ = write!(text, "\n## {title}\n\n{table}");
    }
}
