//! Open work by user: how much, how much of it is overdue or of high priority, and its hours.

use std::fmt::Write;

use backlog_words::priority::Priority;
use serde_json::Value;

use super::{
    subject::Subject,
    tally::{Tally, hours},
};
use crate::{
    toolkit::{name_kind::NameKind, work::WorkError},
    work::issue_filter::IssueFilter,
};

/// The number of days that count as soon, today included.
const SOON: i64 = 7;
/// The number of users without open issues that are named.
const IDLE: usize = 20;

/// The open work of a user.
#[derive(Debug, Default)]
struct Load {
    open: usize,
    overdue: usize,
    soon: usize,
    high: usize,
    planned: f64,
    spent: f64,
    unplanned: usize,
}

impl Load {
    fn add(&mut self, issue: &Value, subject: &Subject<'_>) {
        self.open += 1;
        let today = subject.space.today();
        let due = subject.space.renderer.day(&issue["dueDate"]);
        let due = due.and_then(|due| due.parse::<chrono::NaiveDate>().ok());
        if let Some(days) = due.map(|due| (due - today).num_days()) {
            self.overdue += usize::from(days < 0);
            self.soon += usize::from((0..SOON).contains(&days));
        }
        self.high += usize::from(issue["priority"]["id"] == Priority::High.id());
        self.spent += issue["actualHours"].as_f64().unwrap_or_default();
        match issue["estimatedHours"].as_f64() {
            Some(planned) => self.planned += planned,
            None => self.unplanned += 1,
        }
    }
}

pub(super) async fn report(subject: &Subject<'_>) -> Result<String, WorkError> {
    let filter = IssueFilter {
        assignee: subject.person_text(),
        due: subject.period.map(|span| span.to_string()),
        ..subject.filter()
    };
    let query = filter.read(subject.operations).await?;
    let issues = query.all(subject.operations).await?;
    let mut tally = Tally::<Load>::default();
    for issue in &issues {
        let load = tally.of(&issue["assignee"], &subject.space.renderer);
        load.add(issue, subject);
    }
    let idle = idle(subject, &tally).await?;
    let mut rows = tally.into_rows();
    rows.sort_by(|(_, one), (_, other)| {
        let key = |load: &Load| (load.planned, load.open);
        let (one, other) = (key(one), key(other));
        other.0.total_cmp(&one.0).then(other.1.cmp(&one.1))
    });
    Ok(written(subject, &rows, issues.len(), &idle))
}

fn written(
    subject: &Subject<'_>,
    rows: &[(String, Load)],
    total: usize,
    idle: &[String],
) -> String {
    let due = subject.period.map(|span| format!(", due {span}"));
    let mut text = format!(
        "# Workload, {}{}\n\n",
        subject.title(),
        due.unwrap_or_default()
    );
    if total == 0 {
        text.push_str("No open issue.\n");
    } else {
        let _ = writeln!(text, "{total} open issues on {}.\n", subject.space.today());
        text.push_str(
            "| user | open | overdue | due in 7 days | high priority | hours planned | hours \
             spent | without plan |\n|---|---|---|---|---|---|---|---|\n",
        );
    }
    for (name, load) in rows {
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {} | {} | {} | {} | {} |",
            load.open,
            load.overdue,
            load.soon,
            load.high,
            hours(load.planned),
            hours(load.spent),
            load.unplanned
        );
    }
    if total > 0 {
        text.push_str("\nThe hours are those of the open issues.\n");
    }
    if !idle.is_empty() {
        let _ = writeln!(
            text,
            "\nMembers without an open issue: {}.",
            idle.join(", ")
        );
    }
    text
}

/// The members of the project without open issues; none unless the report is about one project.
async fn idle(subject: &Subject<'_>, tally: &Tally<Load>) -> Result<Vec<String>, WorkError> {
    let [project] = subject.projects.list.as_slice() else {
        return Ok(Vec::new());
    };
    if subject.person.is_some() || !subject.projects.are_given {
        return Ok(Vec::new());
    }
    let id = project.id.to_string();
    let members = subject.operations.names(NameKind::User, Some(&id)).await?;
    let idle = members.into_iter().filter(|member| !tally.has(member.id));
    let mut names: Vec<_> = idle
        .map(|member| backlog_rendering::inline::line(&member.name))
        .collect();
    let more = names.len().saturating_sub(IDLE);
    names.truncate(IDLE);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    Ok(names)
}
