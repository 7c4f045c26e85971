//! The files attached to a pull request.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    toolkit::{
        file::{Format, MaxBytes, TextLength, TextOffset, View},
        inputs::{
            ProjectId, ProjectKey, PullRequestAttachmentId, PullRequestNumber, RepoId, RepoName,
        },
        project_binding::ProjectBinding,
        rest::Rest,
        tool::ApiTool,
    },
    tools::upload::ATTACHMENT_FIELDS,
};

/// Lists the files attached to a pull request.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetPullRequestAttachments {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    repo_id: Option<RepoId>,
    repo_name: Option<RepoName>,
    /// Pull request number
    number: PullRequestNumber,
}

impl ApiTool for GetPullRequestAttachments {
    const NAME: &'static str = "get_pull_request_attachments";
    const TITLE: &'static str = "List pull request attachments";
    const CALL: Operation = Operation::get(
        "projects/{projectId|projectKey}/git/repositories/{repoId|repoName}/pullRequests/{number}/attachments",
    );
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT.paged();
    const FIELDS: &'static [&'static str] = ATTACHMENT_FIELDS;
}

/// Returns a file attached to a pull request.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetPullRequestAttachment {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    repo_id: Option<RepoId>,
    repo_name: Option<RepoName>,
    /// Pull request number
    number: PullRequestNumber,
    /// Id (get_pull_request_attachments)
    attachment_id: PullRequestAttachmentId,
    #[serde(skip_serializing)]
    format: Option<Format>,
    #[serde(skip_serializing)]
    max_bytes: Option<MaxBytes>,
    #[serde(skip_serializing)]
    text_offset: Option<TextOffset>,
    #[serde(skip_serializing)]
    text_length: Option<TextLength>,
}

impl ApiTool for GetPullRequestAttachment {
    const NAME: &'static str = "get_pull_request_attachment";
    const TITLE: &'static str = "Get pull request attachment";
    const CALL: Operation = Operation::get(
        "projects/{projectId|projectKey}/git/repositories/{repoId|repoName}/pullRequests/{number}/attachments/{attachmentId}",
    );
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::FILE;

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
pub(in crate::tools) struct DeletePullRequestAttachment {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    repo_id: Option<RepoId>,
    repo_name: Option<RepoName>,
    /// Pull request number
    number: PullRequestNumber,
    /// Id (get_pull_request_attachments)
    attachment_id: PullRequestAttachmentId,
}

impl ApiTool for DeletePullRequestAttachment {
    const NAME: &'static str = "delete_pull_request_attachment";
    const TITLE: &'static str = "Delete pull request attachment";
    const CALL: Operation = Operation::delete(
        "projects/{projectId|projectKey}/git/repositories/{repoId|repoName}/pullRequests/{number}/attachments/{attachmentId}",
    );
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}
