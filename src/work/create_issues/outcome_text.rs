//! The text of a result of `create_issues`.

use std::fmt::Write;

use backlog_rendering::inline;
use serde_json::json;

use super::{
    call::CreateIssues,
    plan::{Plan, Planned},
    write::{End, Outcome, Report},
};
use crate::work::{
    issue_values::Target,
    rest::{self, Rest},
};

/// The maximum number of characters of a title, and of an error.
const MAX_TITLE: usize = 80;
const MAX_ERROR: usize = 500;
/// The maximum number of characters of what was set in an issue.
const MAX_SET: usize = 600;

pub(super) fn text(call: &CreateIssues, plan: &Plan, report: &Report, max_tokens: usize) -> String {
    let is_added = |outcome: &&Outcome| matches!(outcome, Outcome::Added { .. });
    let added = report.outcomes.iter().filter(is_added).count();
    let mut text = match (added, plan.issues.len()) {
        (1, 1) => "Created 1 issue.\n".to_owned(),
        (added, all) if added == all => format!("Created {added} issues.\n"),
        (added, all) => format!("Created {added} of {all} issues.\n"),
    };
    for (issue, outcome) in plan.issues.iter().zip(&report.outcomes) {
        let _ = writeln!(text, "- {}", line(plan, issue, outcome));
    }
    if !plan.notified.is_empty() {
        let names: Vec<_> = plan
            .notified
            .iter()
            .map(|name| inline::line(name))
            .collect();
        let _ = writeln!(text, "Notified: {}", names.join(", "));
    }
    if !plan.files.is_empty() {
        let _ = writeln!(text, "Files attached to each: {}", plan.files.len());
    }
    for note in &plan.notes {
        let _ = writeln!(text, "{}", inline::line(note));
    }
    if let Some(end) = &report.end {
        text.push_str(&left(call, report, end, max_tokens));
    }
    text.trim_end().to_owned()
}

fn line(plan: &Plan, issue: &Planned, outcome: &Outcome) -> String {
    let title = inline::excerpt(&issue.summary, MAX_TITLE);
    match outcome {
        Outcome::Failed(reason) => {
            format!(
                "not created: {title}: {}",
                inline::excerpt(reason, MAX_ERROR)
            )
        }
        Outcome::Unconfirmed(reason) => format!(
            "unknown whether it was created: {title}: {} Look for it with find_issues before you \
             create it again.",
            inline::excerpt(reason, MAX_ERROR)
        ),
        Outcome::Added { key, lacks } => {
            let set = set(issue, lacks.is_none());
            let mut line = match key {
                Some(key) => {
                    let url = plan.space.url(&["view", key]);
                    format!("{key} {title} | {set}| {url}")
                }
                None => format!(
                    "created, but Backlog's response with the key is lost: {title} | {set}| find \
                     it with find_issues"
                ),
            };
            if let Some(reason) = lacks {
                let status = issue
                    .status
                    .as_ref()
                    .and_then(|status| status.shown.as_deref());
                let _ = write!(
                    line,
                    " | status {} is not set: {}",
                    status.unwrap_or_default(),
                    inline::excerpt(reason, MAX_ERROR)
                );
            }
            line
        }
    }
}

/// The values that were set besides the title.
fn set(issue: &Planned, has_status: bool) -> String {
    let status = issue.status.as_ref().filter(|_| has_status);
    let others = issue
        .settings
        .iter()
        .filter(|setting| !matches!(setting.target, Target::Summary | Target::Description));
    let mut text = String::new();
    for setting in others.chain(status) {
        if let Some(shown) = &setting.shown {
            if text.chars().count() > MAX_SET {
                text.push_str("and more ");
                break;
            }
            let _ = write!(text, "{}: {shown} ", inline::line(&setting.label));
        }
    }
    text
}

/// The arguments for the issues that are left.
fn left(call: &CreateIssues, report: &Report, end: &End, max_tokens: usize) -> String {
    let done = report.outcomes.len();
    let left = call.issues.get(done..).unwrap_or_default();
    let reason = match end {
        End::Late => rest::LATE.to_owned(),
        End::Stopped(reason) => inline::excerpt(reason, MAX_ERROR),
    };
    let next = left
        .first()
        .map(|issue| inline::excerpt(&issue.summary, MAX_TITLE));
    let arguments = json!(CreateIssues {
        issues: left.to_vec(),
        // Their content may be long, and the caller has it.
        files: None,
        ..call.clone()
    });
    let rest = Rest {
        tool: "create_issues",
        reason: &reason,
        number: left.len(),
        with: call.files.as_ref().map(|_| "the same files"),
        otherwise: &format!(
            "the same arguments, with only the issues from {} on",
            next.unwrap_or_default()
        ),
    };
    rest.text(&arguments, max_tokens)
}
