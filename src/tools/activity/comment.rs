//! Single comments, their notifications, and participants.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Operation,
    toolkit::{
        inputs::{
            IssueCommentId, IssueId, IssueKey, ProjectId, ProjectKey, PullRequestNumber, RepoId,
            RepoName, User,
        },
        project_binding::ProjectBinding,
        rest::Rest,
        tool::Endpoint,
    },
    tools::space::USER_FIELDS,
};

/// Returns one comment on an issue.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetIssueComment {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
    /// Comment id (get_issue_comments)
    comment_id: IssueCommentId,
}

impl Endpoint for GetIssueComment {
    const NAME: &'static str = "get_issue_comment";
    const TITLE: &'static str = "Get issue comment";
    const CALL: Operation = Operation::get("issues/{issueId|issueKey}/comments/{commentId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN;
}

/// Counts the comments on an issue.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CountIssueComments {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
}

impl Endpoint for CountIssueComments {
    const NAME: &'static str = "count_issue_comments";
    const TITLE: &'static str = "Count issue comments";
    const CALL: Operation = Operation::get("issues/{issueId|issueKey}/comments/count");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}

/// Deletes one of the user's own comments on an issue.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeleteIssueComment {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
    /// Comment id (get_issue_comments)
    comment_id: IssueCommentId,
}

impl Endpoint for DeleteIssueComment {
    const NAME: &'static str = "delete_issue_comment";
    const TITLE: &'static str = "Delete issue comment";
    const CALL: Operation = Operation::delete("issues/{issueId|issueKey}/comments/{commentId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}

/// Lists the users who were notified of a comment, and whether they read it.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetIssueCommentNotifications {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
    /// Comment id (get_issue_comments)
    comment_id: IssueCommentId,
}

impl Endpoint for GetIssueCommentNotifications {
    const NAME: &'static str = "get_issue_comment_notifications";
    const TITLE: &'static str = "List comment notifications";
    const CALL: Operation =
        Operation::get("issues/{issueId|issueKey}/comments/{commentId}/notifications");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT.paged();
}

/// Notifies more users of one of the user's own comments.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AddIssueCommentNotifications {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
    /// Comment id (get_issue_comments)
    comment_id: IssueCommentId,
    /// Users to notify, by id or name
    notified_user_id: Vec<User>,
}

impl Endpoint for AddIssueCommentNotifications {
    const NAME: &'static str = "add_issue_comment_notifications";
    const TITLE: &'static str = "Notify of a comment";
    const CALL: Operation =
        Operation::post("issues/{issueId|issueKey}/comments/{commentId}/notifications");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::ISSUE_COMMENT;
}

/// Counts the comments on a pull request.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CountPullRequestComments {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    repo_id: Option<RepoId>,
    repo_name: Option<RepoName>,
    /// Pull request number
    number: PullRequestNumber,
}

impl Endpoint for CountPullRequestComments {
    const NAME: &'static str = "count_pull_request_comments";
    const TITLE: &'static str = "Count pull request comments";
    const CALL: Operation = Operation::get(
        "projects/{projectId|projectKey}/git/repositories/{repoId|repoName}/pullRequests/{number}/comments/count",
    );
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}

/// Lists the participants of an issue.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetIssueParticipants {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
}

impl Endpoint for GetIssueParticipants {
    const NAME: &'static str = "get_issue_participants";
    const TITLE: &'static str = "List issue participants";
    const CALL: Operation = Operation::get("issues/{issueId|issueKey}/participants");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT.paged();
    const FIELDS: &'static [&'static str] = USER_FIELDS;
}
