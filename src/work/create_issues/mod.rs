//! Adding one issue or many.
//!
//! 1. Read the names, days and files of every issue ([`plan`]). An error ends the call before the
//!    first issue is added.
//! 2. Add the issues one by one, at Backlog's pace ([`mod@write`]). Each has an outcome of its own; a
//!    change of unknown outcome is reported and never repeated.
//! 3. Report what was set, and the arguments for the issues that are left ([`outcome_text`]). If the
//!    call is canceled, the issues that were reported as progress exist.

mod call;
mod outcome_text;
mod plan;
#[cfg(test)]
mod tests;
mod write;

use backlog_client::Method;

use crate::{
    toolkit::{
        tool::Effect,
        work::{Needs, Operations, WorkError, WorkOutput, WorkTool, input::Synonyms},
    },
    work::space::Space,
};
pub(super) use call::CreateIssues;

/// The maximum number of issues of a call.
const MAX_ISSUES: usize = 50;

impl WorkTool for CreateIssues {
    const NAME: &'static str = "create_issues";
    const TITLE: &'static str = "Create issues";
    const EFFECT: Effect = Effect::of(Method::Post);
    const NEEDS: Needs = &[&["add_issue"]];
    const SYNONYMS: Synonyms = &[
        ("projectKey", "project"),
        ("projectId", "project"),
        ("title", "summary"),
        ("name", "summary"),
        ("subject", "summary"),
        ("body", "description"),
        ("text", "description"),
        ("issueType", "type"),
        ("issueTypeId", "type"),
        ("kind", "type"),
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
        ("parentIssueId", "parent"),
        ("parentIssue", "parent"),
        ("customFields", "fields"),
        ("notifiedUserId", "notify"),
        ("attachments", "files"),
        ("items", "issues"),
        ("tasks", "issues"),
        ("field", "name"),
        ("id", "name"),
    ];

    async fn run(self, operations: &dyn Operations) -> Result<WorkOutput, WorkError> {
        if self.issues.len() > MAX_ISSUES {
            return Err(WorkError::Arguments(format!(
                "issues: expected at most {MAX_ISSUES}, received {}; nothing was created, so \
                 call again with the first {MAX_ISSUES}",
                self.issues.len()
            )));
        }
        let space = Space::read(operations).await?;
        let plan = plan::read(operations, &space, &self).await?;
        let report = write::all(operations, &plan).await?;
        let text = outcome_text::text(&self, &plan, &report, operations.max_tokens());
        match report.failure() {
            Some(failure) => Err(WorkError::of_all(failure, text)),
            None => Ok(WorkOutput::markdown(text)),
        }
    }
}
