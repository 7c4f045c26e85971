//! The tasks: what a user asks for, the calls that do it with each server's tools, and what has to
//! be true afterwards.
//!
//! A way through a task is the shortest that does not guess: a value comes from the words of the
//! task or from an earlier answer. It returns the answer as JSON, which the check compares with what
//! the simulated Backlog has.

mod closed_issues;
mod comment;
mod duplicate;
mod edit_page;
mod experts;
mod hours;
mod lists;
mod milestone;
mod overdue;
mod pull_requests;
mod release;
mod report_bug;
mod shown;
mod sub_tasks;
mod summary;
mod task;
mod unanswered;
mod weekly_report;
mod workload;

pub(super) use task::{Done, Task};

pub(super) fn all() -> [Task; 16] {
    [
        report_bug::task(),
        closed_issues::task(),
        overdue::task(),
        summary::task(),
        milestone::task(),
        workload::task(),
        comment::task(),
        edit_page::task(),
        pull_requests::task(),
        weekly_report::task(),
        sub_tasks::task(),
        duplicate::task(),
        unanswered::task(),
        release::task(),
        experts::task(),
        hours::task(),
    ]
}
