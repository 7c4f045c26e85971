//! Files attached to a pull request.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Operation,
    mcp::{
        file::{Format, MaxBytes, TextLength, TextOffset, View},
        inputs::{Integer, ProjectId, ProjectKey, RepoId, RepoName},
        tool::Endpoint,
        tools::fields,
    },
};

/// Lists the files attached to a pull request.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetPullRequestAttachments {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    repo_id: Option<RepoId>,
    repo_name: Option<RepoName>,
    /// Pull request number
    number: Integer,
}

impl Endpoint for GetPullRequestAttachments {
    const NAME: &'static str = "get_pull_request_attachments";
    const TITLE: &'static str = "List pull request attachments";
    const CALL: Operation = Operation::get(
        "projects/{projectId|projectKey}/git/repositories/{repoId|repoName}/pullRequests/{number}/attachments",
    );
    const FIELDS: &'static [&'static str] = fields::ATTACHMENT;
}

/// Returns a file attached to a pull request.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetPullRequestAttachment {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    repo_id: Option<RepoId>,
    repo_name: Option<RepoName>,
    /// Pull request number
    number: Integer,
    /// Attachment id
    attachment_id: Integer,
    #[serde(skip_serializing)]
    format: Option<Format>,
    #[serde(skip_serializing)]
    max_bytes: Option<MaxBytes>,
    #[serde(skip_serializing)]
    text_offset: Option<TextOffset>,
    #[serde(skip_serializing)]
    text_length: Option<TextLength>,
}

impl Endpoint for GetPullRequestAttachment {
    const NAME: &'static str = "get_pull_request_attachment";
    const TITLE: &'static str = "Get pull request attachment";
    const CALL: Operation = Operation::get(
        "projects/{projectId|projectKey}/git/repositories/{repoId|repoName}/pullRequests/{number}/attachments/{attachmentId}",
    );

    fn view(&self) -> Option<View> {
        Some(View::new(
            self.format,
            self.max_bytes,
            self.text_offset,
            self.text_length,
        ))
    }
}

/// Deletes a file attached to a pull request.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeletePullRequestAttachment {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    repo_id: Option<RepoId>,
    repo_name: Option<RepoName>,
    /// Pull request number
    number: Integer,
    /// Attachment id
    attachment_id: Integer,
}

impl Endpoint for DeletePullRequestAttachment {
    const NAME: &'static str = "delete_pull_request_attachment";
    const TITLE: &'static str = "Delete pull request attachment";
    const CALL: Operation = Operation::delete(
        "projects/{projectId|projectKey}/git/repositories/{repoId|repoName}/pullRequests/{number}/attachments/{attachmentId}",
    );
}
