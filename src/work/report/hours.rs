//! Planned against spent hours of a period by user.
//!
//! 1. Planned are the estimated hours of the issues that are due in the period, by assignee.
//! 2. Spent are the hours that were added to issues in the period, by who added them: the changes
//!    of actual hours in the activities. Backlog keeps no other record of when hours were spent.

use std::fmt::Write;

use backlog_words::span::Span;
use chrono::{Datelike, NaiveDate};
use serde_json::Value;

use super::{
    subject::Subject,
    tally::{Tally, hours},
};
use crate::{
    toolkit::work::WorkError,
    work::{
        activities::{self, Activities, Source},
        issue_filter::IssueFilter,
        space::moment,
    },
};

/// Changed issues.
const KINDS: [u8; 1] = [2];
const FIELD: &str = "actualHours";

#[derive(Debug, Default)]
struct Hours {
    planned: f64,
    due: usize,
    unplanned: usize,
    spent: f64,
}

pub(super) async fn report(subject: &Subject<'_>) -> Result<String, WorkError> {
    let span = subject
        .period
        .unwrap_or_else(|| month(subject.space.today()));
    let filter = IssueFilter {
        status: Some("all".to_owned()),
        assignee: subject.person_text(),
        due: Some(span.to_string()),
        ..subject.filter()
    };
    let user = subject.person_id().await?;
    let sources = Source::of(subject.operations, &subject.projects, user);
    let start = subject.moments(span).start;
    let due = async {
        let query = filter.read(subject.operations).await?;
        query.all(subject.operations).await
    };
    let changes = activities::since(subject.operations, &sources, &KINDS, start);
    let (due, changes) = futures_util::try_join!(due, changes)?;
    let mut tally = Tally::<Hours>::default();
    for issue in &due {
        let hours = tally.of(&issue["assignee"], &subject.space.renderer);
        hours.due += 1;
        match issue["estimatedHours"].as_f64() {
            Some(planned) => hours.planned += planned,
            None => hours.unplanned += 1,
        }
    }
    add_spent(&mut tally, subject, (&changes, span), user);
    Ok(written(subject, span, tally, changes.are_complete))
}

/// The month of a day.
fn month(day: NaiveDate) -> Span {
    let start = day.with_day(1).unwrap_or(day);
    let end = start
        .checked_add_months(chrono::Months::new(1))
        .and_then(|next| next.pred_opt())
        .unwrap_or(day);
    Span::between(start, end).unwrap_or_else(|_| Span::of_day(day))
}

fn add_spent(
    tally: &mut Tally<Hours>,
    subject: &Subject<'_>,
    (changes, span): (&Activities, Span),
    user: Option<i64>,
) {
    let period = subject.moments(span);
    let ids = subject.projects.ids();
    for activity in &changes.list {
        let project = activity["project"]["id"].as_i64();
        let is_wanted = moment(&activity["created"]).is_some_and(|at| period.contains(at))
            && project.is_some_and(|id| ids.contains(&id))
            && (user.is_none() || user == activity["createdUser"]["id"].as_i64());
        let added = added(activity);
        if is_wanted && added != 0.0 {
            tally
                .of(&activity["createdUser"], &subject.space.renderer)
                .spent += added;
        }
    }
}

/// The hours that a change added.
fn added(activity: &Value) -> f64 {
    let number = |value: &Value| match value {
        Value::String(text) => text.trim().parse().unwrap_or(0.0),
        other => other.as_f64().unwrap_or(0.0),
    };
    let changes = activity["content"]["changes"].as_array();
    let changes = changes.into_iter().flatten();
    let of_hours = changes.filter(|change| change["field"] == FIELD);
    let added: f64 = of_hours
        .map(|change| number(&change["new_value"]) - number(&change["old_value"]))
        .sum();
    if added.is_finite() { added } else { 0.0 }
}

fn written(subject: &Subject<'_>, span: Span, tally: Tally<Hours>, is_complete: bool) -> String {
    let mut rows = tally.into_rows();
    rows.sort_by(|(_, one), (_, other)| {
        let of = |hours: &Hours| hours.spent.max(hours.planned);
        of(other).total_cmp(&of(one))
    });
    let mut text = format!("# Hours, {}, {span}\n\n", subject.title());
    if rows.is_empty() {
        text.push_str("No issue is due, and no hours were added.\n");
        return text;
    }
    text.push_str(
        "| user | planned | spent | spent - planned | issues due | without plan |\n\
         |---|---|---|---|---|---|\n",
    );
    let mut sum = Hours::default();
    for (name, row) in &rows {
        line(&mut text, name, row);
        sum.planned += row.planned;
        sum.spent += row.spent;
        sum.due += row.due;
        sum.unplanned += row.unplanned;
    }
    if rows.len() > 1 {
        line(&mut text, "all", &sum);
    }
    text.push_str(
        "\nPlanned: estimated hours of the issues due in the period, by assignee. Spent: hours \
         added to issues in the period, by who added them; those given when an issue was added are \
         not included.\n",
    );
    if !is_complete {
        text.push_str(
            "The period has more changes than can be read: the spent hours are those of the \
             newest. Give a project or a shorter period.\n",
        );
    }
    text
}

fn line(text: &mut String, name: &str, row: &Hours) {
    let _ = writeln!(
        text,
        "| {name} | {} | {} | {} | {} | {} |",
        hours(row.planned),
        hours(row.spent),
        hours(row.spent - row.planned),
        row.due,
        row.unplanned
    );
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn added_hours_are_the_difference() {
        for (old, new, expected) in [
            (json!(""), json!("3.5"), 3.5),
            (json!("3.5"), json!("5"), 1.5),
            (json!("5"), json!(""), -5.0),
            (json!(null), json!(2), 2.0),
            (json!("x"), json!("inf"), 0.0),
        ] {
            let activity = json!({"content": {"changes": [
                {"field": "status", "new_value": "4", "old_value": "1"},
                {"field": "actualHours", "new_value": new, "old_value": old},
            ]}});
            assert!((added(&activity) - expected).abs() < 1e-9, "{activity}");
        }
    }

    #[test]
    fn a_month_is_whole() {
        for (day, expected) in [
            ("2026-12-02", "2026-12-01..2026-12-31"),
            ("2028-02-29", "2028-02-01..2028-02-29"),
        ] {
            assert_eq!(month(day.parse().unwrap()).to_string(), expected);
        }
    }
}
