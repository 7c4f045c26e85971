//! The comments on a pull request.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    inputs::{
        Count, Markup, Order, PageBound, ProjectId, ProjectKey, PullRequestCommentId,
        PullRequestNumber, RepoId, RepoName, UploadedFileId, User,
    },
    project_binding::ProjectBinding,
    rest::Rest,
    tool::ApiTool,
};

/// Lists the comments on a pull request, with the changes made along with them.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetPullRequestComments {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    repo_id: Option<RepoId>,
    repo_name: Option<RepoName>,
    /// Pull request number
    number: PullRequestNumber,
    /// Only higher ids
    min_id: Option<PageBound>,
    /// Only lower ids
    max_id: Option<PageBound>,
    count: Option<Count>,
    order: Option<Order>,
}

impl ApiTool for GetPullRequestComments {
    const NAME: &'static str = "get_pull_request_comments";
    const TITLE: &'static str = "List pull request comments";
    const CALL: Operation = Operation::get(
        "projects/{projectId|projectKey}/git/repositories/{repoId|repoName}/pullRequests/{number}/comments",
    );
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN;
    const FIELDS: &'static [&'static str] = &[
        "id",
        "content",
        "changeLog",
        "createdUser",
        "created",
        "updated",
        "stars",
        "notifications",
    ];
}

/// Counts the comments on a pull request.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct CountPullRequestComments {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    repo_id: Option<RepoId>,
    repo_name: Option<RepoName>,
    /// Pull request number
    number: PullRequestNumber,
}

impl ApiTool for CountPullRequestComments {
    const NAME: &'static str = "count_pull_request_comments";
    const TITLE: &'static str = "Count pull request comments";
    const CALL: Operation = Operation::get(
        "projects/{projectId|projectKey}/git/repositories/{repoId|repoName}/pullRequests/{number}/comments/count",
    );
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}

/// Adds a comment to a pull request.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct AddPullRequestComment {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    repo_id: Option<RepoId>,
    repo_name: Option<RepoName>,
    /// Pull request number
    number: PullRequestNumber,
    content: Markup,
    /// Users to notify, by name or id
    notified_user_id: Option<Vec<User>>,
    /// Ids from upload_attachment
    attachment_id: Option<Vec<UploadedFileId>>,
}

impl ApiTool for AddPullRequestComment {
    const NAME: &'static str = "add_pull_request_comment";
    const TITLE: &'static str = "Add pull request comment";
    const CALL: Operation = Operation::post(
        "projects/{projectId|projectKey}/git/repositories/{repoId|repoName}/pullRequests/{number}/comments",
    );
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::PULL_REQUEST_COMMENT;
}

/// Replaces the text of a comment on a pull request.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct UpdatePullRequestComment {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    repo_id: Option<RepoId>,
    repo_name: Option<RepoName>,
    /// Pull request number
    number: PullRequestNumber,
    /// Comment id (get_pull_request_comments)
    comment_id: PullRequestCommentId,
    content: Markup,
}

impl ApiTool for UpdatePullRequestComment {
    const NAME: &'static str = "update_pull_request_comment";
    const TITLE: &'static str = "Update pull request comment";
    const CALL: Operation = Operation::patch(
        "projects/{projectId|projectKey}/git/repositories/{repoId|repoName}/pullRequests/{number}/comments/{commentId}",
    );
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::PULL_REQUEST_COMMENT;
}
