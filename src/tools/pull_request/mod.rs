//! Pull requests.

pub(super) mod attachment;
pub(super) mod comment;

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    inputs::{
        Count, Issue, Markup, Offset, ProjectId, ProjectKey, PullRequestNumber, PullRequestStatus,
        RepoId, RepoName, UploadedFileId, User,
    },
    project_binding::ProjectBinding,
    rest::Rest,
    tool::{ApiTool, Effect},
};

/// Lists the pull requests of a repository. A filter with several values matches any of them.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetPullRequests {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    repo_id: Option<RepoId>,
    repo_name: Option<RepoName>,
    /// Open, Closed or Merged
    status_id: Option<Vec<PullRequestStatus>>,
    /// Users by name or id, or me
    assignee_id: Option<Vec<User>>,
    /// Keys or ids of linked issues
    issue_id: Option<Vec<Issue>>,
    /// Users by name or id, or me
    created_user_id: Option<Vec<User>>,
    offset: Option<Offset>,
    count: Option<Count>,
}

impl ApiTool for GetPullRequests {
    const NAME: &'static str = "get_pull_requests";
    const TITLE: &'static str = "List pull requests";
    const CALL: Operation = Operation::get(
        "projects/{projectId|projectKey}/git/repositories/{repoId|repoName}/pullRequests",
    );
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::PULL_REQUEST;
    const FIELDS: &'static [&'static str] = &[
        "id",
        "projectId",
        "repositoryId",
        "number",
        "summary",
        "description",
        "base",
        "branch",
        "status",
        "assignee",
        "issue",
        "baseCommit",
        "branchCommit",
        "mergeCommit",
        "closeAt",
        "mergeAt",
        "createdUser",
        "created",
        "updatedUser",
        "updated",
        "attachments",
        "stars",
    ];
}

/// Counts the pull requests of a repository by the filters of get_pull_requests.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetPullRequestsCount {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    repo_id: Option<RepoId>,
    repo_name: Option<RepoName>,
    /// Open, Closed or Merged
    status_id: Option<Vec<PullRequestStatus>>,
    /// Users by name or id, or me
    assignee_id: Option<Vec<User>>,
    /// Keys or ids of linked issues
    issue_id: Option<Vec<Issue>>,
    /// Users by name or id, or me
    created_user_id: Option<Vec<User>>,
}

impl ApiTool for GetPullRequestsCount {
    const NAME: &'static str = "get_pull_requests_count";
    const TITLE: &'static str = "Count pull requests";
    const CALL: Operation = Operation::get(
        "projects/{projectId|projectKey}/git/repositories/{repoId|repoName}/pullRequests/count",
    );
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}

/// Returns one pull request of a repository, by its number.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetPullRequest {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    repo_id: Option<RepoId>,
    repo_name: Option<RepoName>,
    /// Pull request number
    number: PullRequestNumber,
}

impl ApiTool for GetPullRequest {
    const NAME: &'static str = "get_pull_request";
    const TITLE: &'static str = "Get pull request";
    const CALL: Operation = Operation::get(
        "projects/{projectId|projectKey}/git/repositories/{repoId|repoName}/pullRequests/{number}",
    );
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN;
}

/// Opens a pull request to merge one branch into another.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AddPullRequest {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    repo_id: Option<RepoId>,
    repo_name: Option<RepoName>,
    /// Title
    summary: String,
    description: Markup,
    /// Branch to merge into
    base: String,
    /// Branch to merge
    branch: String,
    /// Key or id of the issue to link
    issue_id: Option<Issue>,
    /// User by name or id, or me
    assignee_id: Option<User>,
    /// Users to notify, by name or id
    notified_user_id: Option<Vec<User>>,
    /// Ids from upload_attachment
    attachment_id: Option<Vec<UploadedFileId>>,
}

impl ApiTool for AddPullRequest {
    const NAME: &'static str = "add_pull_request";
    const TITLE: &'static str = "Add pull request";
    const CALL: Operation = Operation::post(
        "projects/{projectId|projectKey}/git/repositories/{repoId|repoName}/pullRequests",
    );
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::PULL_REQUEST;
}

/// Changes a pull request. Omitted inputs stay unchanged.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdatePullRequest {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    repo_id: Option<RepoId>,
    repo_name: Option<RepoName>,
    /// Pull request number
    number: PullRequestNumber,
    /// Title
    summary: Option<String>,
    /// Markdown, or Backlog notation if the project's textFormattingRule is backlog (get_project);
    /// empty to remove
    #[schemars(extend("x-clearable" = true))]
    description: Option<Markup>,
    /// Key or id of the issue to link
    issue_id: Option<Issue>,
    /// User by name or id, or me
    assignee_id: Option<User>,
    /// Users to notify, by name or id
    notified_user_id: Option<Vec<User>>,
    /// Open, Closed or Merged
    status_id: Option<PullRequestStatus>,
    /// A comment to add
    comment: Option<String>,
}

impl ApiTool for UpdatePullRequest {
    const NAME: &'static str = "update_pull_request";
    const TITLE: &'static str = "Update pull request";
    const CALL: Operation = Operation::patch(
        "projects/{projectId|projectKey}/git/repositories/{repoId|repoName}/pullRequests/{number}",
    );
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::PULL_REQUEST;
    // Backlog logs each change; the comment is added each time.
    const EFFECT: Effect = Effect::of(Self::CALL.method())
        .recoverable()
        .not_idempotent();
}
