//! The texts of the results of `change_issues`.

use std::fmt::Write;

use backlog_rendering::inline;
use serde_json::json;

use super::{
    call::ChangeIssues,
    digest,
    plan::{Change, Plan},
    write::{Outcome, Report},
};
use crate::work::rest::Rest;

const MAX_ERROR: usize = 500;
/// The maximum number of characters of the differences of an issue.
const MAX_DIFFERENCES: usize = 600;
/// The number of keys that are listed of issues that stay the same.
const MAX_SAME: usize = 20;
/// The number of bytes after which a question names no further issue.
const MAX_QUESTION: usize = 4_000;
/// The minimum number of bytes of a token, counted conservatively.
const BYTES_A_TOKEN: usize = 2;

/// Why a preview is returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    First,
    /// The digest of the call is not that of its changes.
    Changed,
}

/// The error of a call that would change nothing.
pub(super) fn nothing(plan: &Plan) -> String {
    let mut text = match plan.same.len() {
        0 => "no issue is selected, so nothing would change".to_owned(),
        _ => format!("set: nothing would change, because {}", same(plan)),
    };
    for note in &plan.notes {
        let _ = write!(text, ". {}", inline::line(note).trim_end_matches('.'));
    }
    text
}

/// The changes that a call would make.
pub(super) fn preview(plan: &Plan, digest: &str, why: Why, max_tokens: usize) -> String {
    let mut text = match why {
        Why::First => "Nothing is changed yet. ".to_owned(),
        Why::Changed => {
            "Nothing was changed, because expect is not the value of these changes: the \
            issues or the arguments differ from the preview. This is the new preview. "
                .to_owned()
        }
    };
    let number = plan.changes.len();
    let _ = writeln!(text, "{number} {} would change:", issues(number));
    changes(plan, max_tokens * BYTES_A_TOKEN / 2, &mut text);
    let _ = write!(
        text,
        "To make these changes, call change_issues with the same arguments and expect: {digest}"
    );
    text
}

/// The question for the user.
pub(super) fn question(plan: &Plan) -> String {
    let number = plan.changes.len();
    let mut text = format!("Change {number} {} in Backlog?\n", issues(number));
    changes(plan, MAX_QUESTION, &mut text);
    text.trim_end().to_owned()
}

/// Lists the changes, as many as fit into a number of bytes.
fn changes(plan: &Plan, most: usize, text: &mut String) {
    for (place, change) in plan.changes.iter().enumerate() {
        if text.len() > most {
            let _ = writeln!(text, "and {} more", plan.changes.len() - place);
            break;
        }
        let _ = writeln!(text, "- {} {}: {}", change.key, change.title, what(change));
    }
    common(plan, text);
}

/// The outcome of each issue.
pub(super) fn text(call: &ChangeIssues, plan: &Plan, report: &Report, max_tokens: usize) -> String {
    let is_changed = |outcome: &&Outcome| matches!(outcome, Outcome::Changed);
    let changed = report.outcomes.iter().filter(is_changed).count();
    let all = plan.changes.len();
    let mut text = match changed == all {
        true => format!("Changed {all} {}.\n", issues(all)),
        false => format!("Changed {changed} of {all} issues.\n"),
    };
    for (change, outcome) in plan.changes.iter().zip(&report.outcomes) {
        let line = match outcome {
            Outcome::Changed => format!("{} {}", change.key, what(change)),
            Outcome::Failed(reason) => {
                format!(
                    "{} not changed: {}{}",
                    change.key,
                    inline::excerpt(reason, MAX_ERROR),
                    about_parent(change)
                )
            }
            Outcome::Unconfirmed(reason) => format!(
                "{} unknown whether it was changed: {} Read it with fetch before you change it \
                 again.",
                change.key,
                inline::excerpt(reason, MAX_ERROR)
            ),
        };
        let _ = writeln!(text, "- {line}");
    }
    let _ = writeln!(
        text,
        "URL: {}/{}",
        plan.base_url,
        match plan.changes.as_slice() {
            [only] => &only.key,
            _ => "KEY",
        }
    );
    common(plan, &mut text);
    if let Some(reason) = &report.end {
        text.push_str(&left(call, plan, report, reason, max_tokens));
    }
    text.trim_end().to_owned()
}

/// The cause that Backlog does not name when it refuses a parent.
fn about_parent(change: &Change) -> &'static str {
    let parent = change.arguments.get("parentIssueId");
    match parent.is_some_and(|parent| parent != "") {
        true => " An issue that has child issues cannot become one.",
        false => "",
    }
}

fn issues(number: usize) -> &'static str {
    if number == 1 { "issue" } else { "issues" }
}

fn what(change: &Change) -> String {
    let mut text = String::new();
    for (place, difference) in change.differences.iter().enumerate() {
        if text.chars().count() > MAX_DIFFERENCES {
            let _ = write!(text, "; and {} more", change.differences.len() - place);
            break;
        }
        let comma = if place == 0 { "" } else { "; " };
        let _ = write!(text, "{comma}{difference}");
    }
    match text.is_empty() {
        true => "comment added".to_owned(),
        false => text,
    }
}

/// What all issues have in common, and what was left alone.
fn common(plan: &Plan, text: &mut String) {
    if plan.has_comment {
        text.push_str("Comment: one on each of these issues\n");
    }
    if !plan.notified.is_empty() {
        let names: Vec<_> = plan
            .notified
            .iter()
            .map(|name| inline::line(name))
            .collect();
        let _ = writeln!(text, "Notified: {}", names.join(", "));
    }
    if !plan.same.is_empty() {
        let _ = writeln!(text, "Left alone: {}", same(plan));
    }
    for note in &plan.notes {
        let _ = writeln!(text, "{}", inline::line(note));
    }
}

/// `HARBOR-1, HARBOR-2 already have these values`
fn same(plan: &Plan) -> String {
    let keys = plan.same.iter().take(MAX_SAME).cloned();
    let mut text = keys.collect::<Vec<_>>().join(", ");
    match plan.same.len() {
        1 => text.push_str(" already has these values"),
        number if number > MAX_SAME => {
            let _ = write!(
                text,
                " and {} more already have these values",
                number - MAX_SAME
            );
        }
        _ => text.push_str(" already have these values"),
    }
    text
}

/// The arguments for the issues that are left.
fn left(
    call: &ChangeIssues,
    plan: &Plan,
    report: &Report,
    reason: &str,
    max_tokens: usize,
) -> String {
    let changes = plan
        .changes
        .get(report.outcomes.len()..)
        .unwrap_or_default();
    let keys: Vec<_> = changes.iter().map(|change| change.key.as_str()).collect();
    let digest = digest::of(changes, call);
    let mut arguments = json!({"issues": keys, "expect": digest});
    let others = [
        ("set", json!(call.set)),
        ("comment", json!(call.comment)),
        ("notify", json!(call.notify)),
    ];
    for (name, value) in others.into_iter().filter(|(_, value)| !value.is_null()) {
        arguments[name] = value;
    }
    let rest = Rest {
        tool: "change_issues",
        reason: &inline::excerpt(reason, MAX_ERROR),
        number: keys.len(),
        with: None,
        otherwise: &format!(
            "the same set, comment and notify, expect {digest}, and issues {}",
            keys.join(", ")
        ),
    };
    rest.text(&arguments, max_tokens)
}
