//! Comments on an issue.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Operation,
    toolkit::{
        inputs::{
            Count, IssueCommentId, IssueId, IssueKey, Markup, Order, PageBound, UploadedFileId,
            User,
        },
        project_binding::ProjectBinding,
        rest::Rest,
        tool::Endpoint,
    },
};

/// Lists the comments of an issue, with the changes made along with them.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetIssueComments {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
    /// Only higher ids
    min_id: Option<PageBound>,
    /// Only lower ids
    max_id: Option<PageBound>,
    count: Option<Count>,
    order: Option<Order>,
}

impl Endpoint for GetIssueComments {
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

/// Adds a comment to an issue.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AddIssueComment {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
    content: Markup,
    /// Users to notify, by name or id
    notified_user_id: Option<Vec<User>>,
    /// Ids from upload_attachment
    attachment_id: Option<Vec<UploadedFileId>>,
}

impl Endpoint for AddIssueComment {
    const NAME: &'static str = "add_issue_comment";
    const TITLE: &'static str = "Add issue comment";
    const CALL: Operation = Operation::post("issues/{issueId|issueKey}/comments");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::ISSUE_COMMENT;
}

/// Replaces the text of a comment on an issue.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdateIssueComment {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
    /// Comment id (get_issue_comments)
    comment_id: IssueCommentId,
    content: Markup,
}

impl Endpoint for UpdateIssueComment {
    const NAME: &'static str = "update_issue_comment";
    const TITLE: &'static str = "Update issue comment";
    const CALL: Operation = Operation::patch("issues/{issueId|issueKey}/comments/{commentId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::ISSUE_COMMENT;
}
