//! The comments on an issue, and their notifications.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    inputs::{
        Count, IssueCommentId, IssueId, IssueKey, Markup, Order, PageBound, UploadedFileId, User,
    },
    project_binding::ProjectBinding,
    rest::Rest,
    tool::ApiTool,
};

/// Lists the comments of an issue, with the changes made along with them.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetIssueComments {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
    /// Only higher ids
    min_id: Option<PageBound>,
    /// Only lower ids
    max_id: Option<PageBound>,
    count: Option<Count>,
    order: Option<Order>,
}

impl ApiTool for GetIssueComments {
    const NAME: &'static str = "get_issue_comments";
    const TITLE: &'static str = "List issue comments";
    const CALL: Operation = Operation::get("issues/{issueId|issueKey}/comments");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN;
    const FIELDS: &'static [&'static str] = &[
        "id",
        "projectId",
        "issueId",
        "content",
        "changeLog",
        "createdUser",
        "created",
        "updated",
        "stars",
        "notifications",
    ];
}

/// Returns one comment on an issue.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetIssueComment {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
    /// Comment id (get_issue_comments)
    comment_id: IssueCommentId,
}

impl ApiTool for GetIssueComment {
    const NAME: &'static str = "get_issue_comment";
    const TITLE: &'static str = "Get issue comment";
    const CALL: Operation = Operation::get("issues/{issueId|issueKey}/comments/{commentId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN;
}

/// Counts the comments on an issue.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct CountIssueComments {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
}

impl ApiTool for CountIssueComments {
    const NAME: &'static str = "count_issue_comments";
    const TITLE: &'static str = "Count issue comments";
    const CALL: Operation = Operation::get("issues/{issueId|issueKey}/comments/count");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}

/// Adds a comment to an issue.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct AddIssueComment {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
    content: Markup,
    /// Users to notify, by name or id
    notified_user_id: Option<Vec<User>>,
    /// Ids from upload_attachment
    attachment_id: Option<Vec<UploadedFileId>>,
}

impl ApiTool for AddIssueComment {
    const NAME: &'static str = "add_issue_comment";
    const TITLE: &'static str = "Add issue comment";
    const CALL: Operation = Operation::post("issues/{issueId|issueKey}/comments");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::ISSUE_COMMENT;
}

/// Replaces the text of a comment on an issue.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct UpdateIssueComment {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
    /// Comment id (get_issue_comments)
    comment_id: IssueCommentId,
    content: Markup,
}

impl ApiTool for UpdateIssueComment {
    const NAME: &'static str = "update_issue_comment";
    const TITLE: &'static str = "Update issue comment";
    const CALL: Operation = Operation::patch("issues/{issueId|issueKey}/comments/{commentId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::ISSUE_COMMENT;
}

/// Deletes one of the user's own comments on an issue.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct DeleteIssueComment {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
    /// Comment id (get_issue_comments)
    comment_id: IssueCommentId,
}

impl ApiTool for DeleteIssueComment {
    const NAME: &'static str = "delete_issue_comment";
    const TITLE: &'static str = "Delete issue comment";
    const CALL: Operation = Operation::delete("issues/{issueId|issueKey}/comments/{commentId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}

/// Lists the users who were notified of a comment, and whether they read it.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetIssueCommentNotifications {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
    /// Comment id (get_issue_comments)
    comment_id: IssueCommentId,
}

impl ApiTool for GetIssueCommentNotifications {
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
pub(in crate::tools) struct AddIssueCommentNotifications {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
    /// Comment id (get_issue_comments)
    comment_id: IssueCommentId,
    /// Users to notify, by id or name
    notified_user_id: Vec<User>,
}

impl ApiTool for AddIssueCommentNotifications {
    const NAME: &'static str = "add_issue_comment_notifications";
    const TITLE: &'static str = "Notify of a comment";
    const CALL: Operation =
        Operation::post("issues/{issueId|issueKey}/comments/{commentId}/notifications");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::ISSUE_COMMENT;
}
