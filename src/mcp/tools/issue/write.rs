//! Adding and changing issues.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Call,
    mcp::{
        inputs::{ClearableDate, CustomFieldValue, Date, Decimal, Integer, IssueId, IssueKey},
        tool::{Access, Endpoint},
    },
};

/// Adds an issue to a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::mcp) struct AddIssue {
    /// Numeric project id
    project_id: Integer,
    /// Title
    summary: String,
    /// Issue type id, one of the project's (get_issue_types)
    issue_type_id: Integer,
    /// Priority id (get_priorities)
    priority_id: Integer,
    /// In the project's notation
    description: Option<String>,
    /// yyyy-MM-dd
    start_date: Option<Date>,
    /// yyyy-MM-dd
    due_date: Option<Date>,
    /// Planned hours
    estimated_hours: Option<Decimal>,
    /// Hours spent
    actual_hours: Option<Decimal>,
    /// Category ids
    category_id: Option<Vec<Integer>>,
    /// Affected version ids
    version_id: Option<Vec<Integer>>,
    /// Milestone ids
    milestone_id: Option<Vec<Integer>>,
    /// Numeric user id of the assignee
    assignee_id: Option<Integer>,
    /// Users to notify
    notified_user_id: Option<Vec<Integer>>,
    /// Ids of files uploaded to the space
    attachment_id: Option<Vec<Integer>>,
    /// Numeric id of the parent issue
    parent_issue_id: Option<Integer>,
    /// Values of custom fields
    custom_fields: Option<Vec<CustomFieldValue>>,
}

impl Endpoint for AddIssue {
    const NAME: &'static str = "add_issue";
    const TITLE: &'static str = "Add issue";
    const CALL: Call = Call::post("issues");
}

/// Changes an issue. What is not given stays as it is; an empty category, version or milestone list removes them all.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::mcp) struct UpdateIssue {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
    /// Title
    summary: Option<String>,
    /// Issue type id, one of the project's (get_issue_types)
    issue_type_id: Option<Integer>,
    /// Priority id (get_priorities)
    priority_id: Option<Integer>,
    /// In the project's notation
    description: Option<String>,
    /// yyyy-MM-dd, or empty to remove it
    start_date: Option<ClearableDate>,
    /// yyyy-MM-dd, or empty to remove it
    due_date: Option<ClearableDate>,
    /// Planned hours
    estimated_hours: Option<Decimal>,
    /// Hours spent
    actual_hours: Option<Decimal>,
    /// Category ids
    category_id: Option<Vec<Integer>>,
    /// Affected version ids
    version_id: Option<Vec<Integer>>,
    /// Milestone ids
    milestone_id: Option<Vec<Integer>>,
    /// Status id (get_statuses)
    status_id: Option<Integer>,
    /// Resolution id (get_resolutions); 0 is one, too
    resolution_id: Option<Integer>,
    /// Numeric user id of the assignee
    assignee_id: Option<Integer>,
    /// Users to notify
    notified_user_id: Option<Vec<Integer>>,
    /// Ids of files uploaded to the space
    attachment_id: Option<Vec<Integer>>,
    /// Numeric id of the parent issue
    parent_issue_id: Option<Integer>,
    /// A comment to add along with the change
    comment: Option<String>,
    /// Values of custom fields
    custom_fields: Option<Vec<CustomFieldValue>>,
}

impl Endpoint for UpdateIssue {
    const NAME: &'static str = "update_issue";
    const TITLE: &'static str = "Update issue";
    const CALL: Call = Call::patch("issues/{issueId|issueKey}").clearing(&[
        "categoryId",
        "versionId",
        "milestoneId",
    ]);
    // The comment is added each time.
    const ACCESS: Access = Access::of(Self::CALL.method()).not_idempotent();
}
