//! Reads keys of issues, projects and pull requests in any common form.

mod bare;
mod document_id;
mod issue_key;
mod project_key;
mod pull_request_name;

pub use self::{
    bare::bare,
    document_id::document,
    issue_key::{IssueKey, IssueKeyError, is_issue, issue},
    project_key::{is_project, project},
    pull_request_name::{PullRequest, pull_request},
};
pub(crate) use self::{document_id::without_hyphens, pull_request_name::is_repository};
