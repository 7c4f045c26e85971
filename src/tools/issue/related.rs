//! Links between issues.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    inputs::{Issue, IssueId, IssueKey, RelatedIssue},
    project_binding::{ProjectBinding, ProjectOf},
    rest::Rest,
    tool::{ApiTool, Effect},
};

/// Lists the issues that are linked as related to an issue.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetRelatedIssues {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
}

impl ApiTool for GetRelatedIssues {
    const NAME: &'static str = "get_related_issues";
    const TITLE: &'static str = "List related issues";
    const CALL: Operation = Operation::get("issues/{issueId|issueKey}/relatedIssues");
    // Its input names an issue, but the links may lead to other projects.
    const PROJECTS: ProjectBinding = ProjectBinding::Filtered(ProjectOf::Id("/projectId"));
    const REST: Rest = Rest::ISSUE.paged();
    const FIELDS: &'static [&'static str] = &[
        "type",
        "id",
        "projectId",
        "issueKey",
        "keyId",
        "issueType",
        "summary",
        "description",
        "resolution",
        "priority",
        "status",
        "assignee",
        "category",
        "versions",
        "milestone",
        "startDate",
        "dueDate",
        "estimatedHours",
        "actualHours",
        "parentIssueId",
        "createdUser",
        "created",
        "updatedUser",
        "updated",
        "customFields",
        "attachments",
        "sharedFiles",
        "stars",
        "childIssueSummary",
    ];
}

/// Links another issue as related to an issue.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct AddRelatedIssue {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
    /// Id or key of the issue to link
    target_issue_id: Issue,
}

impl ApiTool for AddRelatedIssue {
    const NAME: &'static str = "add_related_issue";
    const TITLE: &'static str = "Link related issue";
    const CALL: Operation = Operation::post("issues/{issueId|issueKey}/relatedIssues");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::ISSUE;
    const EFFECT: Effect = Effect::of(Self::CALL.method()).idempotent();
}

/// Removes the link between an issue and a related one. The issues remain.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct RemoveRelatedIssue {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
    /// Id or key of the linked issue (get_related_issues)
    related_issue_id: RelatedIssue,
}

impl ApiTool for RemoveRelatedIssue {
    const NAME: &'static str = "remove_related_issue";
    const TITLE: &'static str = "Unlink related issue";
    const CALL: Operation =
        Operation::delete("issues/{issueId|issueKey}/relatedIssues/{relatedIssueId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}
