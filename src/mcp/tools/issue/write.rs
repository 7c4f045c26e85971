//! Adding and changing issues.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Call,
    mcp::{
        inputs::{
            Category, Clearable, CustomFieldValue, Date, Decimal, Integer, Issue, IssueId,
            IssueKey, IssueType, Priority, Project, Resolution, Status, User, Version,
        },
        tool::{Access, Endpoint},
    },
};

/// Adds an issue to a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::mcp) struct AddIssue {
    /// Project id, key or name
    project_id: Project,
    /// Title
    summary: String,
    /// Issue type
    issue_type_id: IssueType,
    /// Priority
    priority_id: Priority,
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
    /// Categories
    category_id: Option<Vec<Category>>,
    /// Affected versions
    version_id: Option<Vec<Version>>,
    /// Milestones
    milestone_id: Option<Vec<Version>>,
    /// Assignee
    assignee_id: Option<User>,
    /// Users to notify
    notified_user_id: Option<Vec<User>>,
    /// Ids from upload_attachment
    attachment_id: Option<Vec<Integer>>,
    /// Id or key of the parent issue
    parent_issue_id: Option<Issue>,
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
    /// Issue type
    issue_type_id: Option<IssueType>,
    /// Priority
    priority_id: Option<Priority>,
    /// In the project's notation; empty to remove
    #[schemars(extend("x-clearable" = true))]
    description: Option<String>,
    /// yyyy-MM-dd; empty to remove
    start_date: Option<Clearable<Date>>,
    /// yyyy-MM-dd; empty to remove
    due_date: Option<Clearable<Date>>,
    /// Planned hours; empty to remove
    estimated_hours: Option<Clearable<Decimal>>,
    /// Hours spent; empty to remove
    actual_hours: Option<Clearable<Decimal>>,
    /// Categories
    #[schemars(extend("x-clearable" = true))]
    category_id: Option<Vec<Category>>,
    /// Affected versions
    #[schemars(extend("x-clearable" = true))]
    version_id: Option<Vec<Version>>,
    /// Milestones
    #[schemars(extend("x-clearable" = true))]
    milestone_id: Option<Vec<Version>>,
    /// Status
    status_id: Option<Status>,
    /// Resolution (0 is one, too); empty to remove
    resolution_id: Option<Clearable<Resolution>>,
    /// Assignee; empty to remove
    assignee_id: Option<Clearable<User>>,
    /// Users to notify
    notified_user_id: Option<Vec<User>>,
    /// Ids from upload_attachment
    attachment_id: Option<Vec<Integer>>,
    /// Id or key of the parent issue; empty to remove
    parent_issue_id: Option<Clearable<Issue>>,
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
