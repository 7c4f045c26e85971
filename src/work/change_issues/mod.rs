//! Changing one issue or many.
//!
//! 1. Read the issues that the call names or selects ([`selection`]).
//! 2. Compare the values to set with those of each issue ([`plan`]). An issue that has them all is
//!    left alone; a call that would change nothing is an error.
//! 3. A selection by filter, or of more than [`UNCONFIRMED`] issues, is returned as a preview with
//!    a [`digest`]. A call with this digest as `expect` makes the changes; if an issue has changed
//!    since, nothing is changed and the new preview is returned. More than [`UNCONFIRMED`] issues
//!    change only if the user accepts, where the client can ask the user.
//! 4. Change the issues one by one, at Backlog's pace ([`mod@write`]), at most [`MAX_CHANGED`](write::MAX_CHANGED) in a
//!    call, and report each outcome and the arguments for the rest ([`outcome_text`]).

mod call;
mod digest;
mod outcome_text;
mod plan;
mod selection;
mod write;

use backlog_client::Method;

use crate::{
    toolkit::{
        consent::Question,
        tool::Effect,
        work::{Needs, Operations, WorkError, WorkOutput, WorkTool, input::Synonyms},
    },
    work::space::Space,
};
pub(super) use call::ChangeIssues;
use outcome_text::Why;

/// The maximum number of issues that change without a preview.
const UNCONFIRMED: usize = 20;
impl WorkTool for ChangeIssues {
    const NAME: &'static str = "change_issues";
    const TITLE: &'static str = "Change issues";
    const EFFECT: Effect = Effect::of(Method::Patch).not_idempotent();
    const NEEDS: Needs = &[&["update_issue"], &["get_issue", "get_issues"]];
    const SYNONYMS: Synonyms = &[
        ("issue", "issues"),
        ("key", "issues"),
        ("keys", "issues"),
        ("issueKey", "issues"),
        ("issueIdOrKey", "issues"),
        ("values", "set"),
        ("changes", "set"),
        ("filter", "where"),
        ("content", "comment"),
        ("text", "comment"),
        ("title", "summary"),
        ("subject", "summary"),
        ("body", "description"),
        ("issueType", "type"),
        ("issueTypeId", "type"),
        ("statusId", "status"),
        ("priorityId", "priority"),
        ("assigneeId", "assignee"),
        ("dueDate", "due"),
        ("deadline", "due"),
        ("startDate", "start"),
        ("estimatedHours", "hours"),
        ("estimate", "hours"),
        ("actualHours", "spent"),
        ("milestoneId", "milestone"),
        ("categoryId", "category"),
        ("resolutionId", "resolution"),
        ("parentIssueId", "parent"),
        ("customFields", "fields"),
        ("notifiedUserId", "notify"),
        ("confirm", "expect"),
        ("field", "name"),
        ("id", "name"),
    ];

    async fn run(self, operations: &dyn Operations) -> Result<WorkOutput, WorkError> {
        if self.set.is_none() && self.comment.is_none() {
            let reason = "set: is required, such as {\"status\": \"Closed\"}; or give a comment";
            return Err(WorkError::Arguments(reason.to_owned()));
        }
        let consent = operations.consent();
        if let Some(reason) = consent.refusal() {
            return Ok(WorkOutput::markdown(format!(
                "Nothing was changed: {reason}."
            )));
        }
        let space = Space::read(operations).await?;
        let selected = selection::read(operations, &space, &self).await?;
        let is_many = selected.issues.len() > UNCONFIRMED;
        let must_confirm = selected.is_filtered || is_many;
        let plan = plan::read(operations, &space, &self, selected).await?;
        if plan.changes.is_empty() {
            return Err(WorkError::Arguments(outcome_text::nothing(&plan)));
        }
        let digest = digest::of(&plan.changes, &self);
        let expected = self.expect.as_deref().map(digest::written);
        let max_tokens = operations.max_tokens();
        let is_covered = consent.covers(&digest);
        // The user decides where the client can ask, whatever the model passes as `expect`.
        if is_many && consent.can_ask() && !is_covered {
            let text = outcome_text::question(&plan);
            return Ok(WorkOutput::question(Question {
                subject: digest,
                text,
            }));
        }
        let why = match expected {
            Some(expected) if expected != digest => Some(Why::Changed),
            None if must_confirm && !is_covered => Some(Why::First),
            _ => None,
        };
        if let Some(why) = why {
            let text = outcome_text::preview(&plan, &digest, why, max_tokens);
            return Ok(WorkOutput::markdown(text));
        }
        let report = write::all(operations, &plan).await?;
        let text = outcome_text::text(&self, &plan, &report, max_tokens);
        match report.failure() {
            Some(failure) => Err(WorkError::of_all(failure, text)),
            None => Ok(WorkOutput::markdown(text)),
        }
    }
}
