//! Changes the issues of a plan, one by one.

use serde_json::Value;

use super::plan::Plan;
use crate::{
    toolkit::work::{OperationFailure, Operations, WorkError},
    work::{
        pace::{Pace, Written},
        rest,
    },
};

/// The maximum number of issues that a call changes.
pub(super) const MAX_CHANGED: usize = 50;

/// The outcomes of the issues.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// The outcomes of the first issues, in their order.
    pub outcomes: Vec<Outcome>,
    /// Why the others were not changed.
    pub end: Option<String>,
}

/// The outcome of one issue.
#[derive(Debug)]
pub(super) enum Outcome {
    Changed,
    Failed(String),
    /// It may have been changed.
    Unconfirmed(String),
}

impl Report {
    /// The outcome of the call if no issue is known to have been changed, but one was tried.
    pub(super) fn failure(&self) -> Option<OperationFailure> {
        let is_unknown = |outcome: &Outcome| matches!(outcome, Outcome::Unconfirmed(_));
        match self.outcomes.as_slice() {
            [] => None,
            all if all.iter().any(|it| matches!(it, Outcome::Changed)) => None,
            all if all.iter().any(is_unknown) => Some(OperationFailure::Unconfirmed),
            _ => Some(OperationFailure::Refused),
        }
    }
}

/// Changes the issues.
///
/// # Errors
/// The first change fails for a reason that applies to all, so that nothing was changed.
pub(super) async fn all(operations: &dyn Operations, plan: &Plan) -> Result<Report, WorkError> {
    let mut report = Report::default();
    let number = plan.changes.len().min(MAX_CHANGED);
    let mut pace = Pace::start(operations, "update_issue", number);
    for change in plan.changes.iter().take(MAX_CHANGED) {
        let arguments = Value::Object(change.arguments.clone());
        let written = match pace.turn(1).await {
            Ok(true) => pace.write("update_issue", &arguments).await,
            Ok(false) => Written::Late,
            Err(error) => Written::Stopped(error),
        };
        report.outcomes.push(match written {
            Written::Done(_) => Outcome::Changed,
            Written::Refused(text) => Outcome::Failed(text),
            Written::Unconfirmed(text) => Outcome::Unconfirmed(text),
            Written::Late => {
                report.end = Some(rest::LATE.to_owned());
                return Ok(report);
            }
            Written::Stopped(error) if report.outcomes.is_empty() => return Err(error.into()),
            Written::Stopped(error) => {
                report.end = Some(error.text);
                return Ok(report);
            }
        });
        pace.note_done();
    }
    if plan.changes.len() > number {
        report.end = Some(format!("a call changes at most {MAX_CHANGED} issues"));
    }
    Ok(report)
}
