//! Adding and changing issues.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    inputs::{
        Category, Clearable, CustomFieldValue, Date, Decimal, Issue, IssueId, IssueKey, IssueType,
        Markup, Priority, Project, Resolution, Status, UploadedFileId, User, Version,
    },
    project_binding::ProjectBinding,
    rest::Rest,
    tool::{ApiTool, Effect},
};

/// Adds an issue to a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddIssue {
    /// Project key, name or id
    project_id: Project,
    /// Title
    summary: String,
    /// Name or id (get_issue_types)
    issue_type_id: IssueType,
    /// High, Normal, Low, or an id (get_priorities)
    priority_id: Priority,
    description: Option<Markup>,
    /// yyyy-MM-dd
    start_date: Option<Date>,
    /// yyyy-MM-dd
    due_date: Option<Date>,
    /// Planned hours, such as 1.5
    estimated_hours: Option<Decimal>,
    /// Hours spent, such as 1.5
    actual_hours: Option<Decimal>,
    /// Names or ids (get_categories)
    category_id: Option<Vec<Category>>,
    /// Affected versions by name or id (get_version_milestone_list)
    version_id: Option<Vec<Version>>,
    /// Names or ids (get_version_milestone_list)
    milestone_id: Option<Vec<Version>>,
    /// User by name or id, or me
    assignee_id: Option<User>,
    /// Users to notify, by name or id
    notified_user_id: Option<Vec<User>>,
    /// Ids from upload_attachment
    attachment_id: Option<Vec<UploadedFileId>>,
    /// Key or id of the parent issue
    parent_issue_id: Option<Issue>,
    /// Values of custom fields (get_custom_fields)
    custom_fields: Option<Vec<CustomFieldValue>>,
}

impl ApiTool for AddIssue {
    const NAME: &'static str = "add_issue";
    const TITLE: &'static str = "Add issue";
    const CALL: Operation = Operation::post("issues");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::ISSUE;
}

/// Changes an issue. Omitted inputs stay unchanged; an empty category, version or milestone list
/// removes all.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UpdateIssue {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
    /// Title
    summary: Option<String>,
    /// Name or id (get_issue_types)
    issue_type_id: Option<IssueType>,
    /// High, Normal, Low, or an id (get_priorities)
    priority_id: Option<Priority>,
    /// Markdown, or Backlog notation if the project's textFormattingRule is backlog (get_project);
    /// empty to remove
    #[schemars(extend("x-clearable" = true))]
    description: Option<Markup>,
    /// yyyy-MM-dd; empty to remove
    start_date: Option<Clearable<Date>>,
    /// yyyy-MM-dd; empty to remove
    due_date: Option<Clearable<Date>>,
    /// Planned hours, such as 1.5; empty to remove
    estimated_hours: Option<Clearable<Decimal>>,
    /// Hours spent in all, such as 1.5; empty to remove
    actual_hours: Option<Clearable<Decimal>>,
    /// Names or ids (get_categories)
    #[schemars(extend("x-clearable" = true))]
    category_id: Option<Vec<Category>>,
    /// Affected versions by name or id (get_version_milestone_list)
    #[schemars(extend("x-clearable" = true))]
    version_id: Option<Vec<Version>>,
    /// Names or ids (get_version_milestone_list)
    #[schemars(extend("x-clearable" = true))]
    milestone_id: Option<Vec<Version>>,
    /// Name or id (get_statuses), such as Open, In Progress, Resolved, Closed
    status_id: Option<Status>,
    /// Name or id (get_resolutions), such as Fixed; empty to remove
    resolution_id: Option<Clearable<Resolution>>,
    /// User by name or id, or me; empty to remove
    assignee_id: Option<Clearable<User>>,
    /// Users to notify, by name or id
    notified_user_id: Option<Vec<User>>,
    /// Ids from upload_attachment
    attachment_id: Option<Vec<UploadedFileId>>,
    /// Key or id of the parent issue; empty to remove
    parent_issue_id: Option<Clearable<Issue>>,
    /// A comment to add along with the change
    comment: Option<String>,
    /// Values of custom fields (get_custom_fields)
    custom_fields: Option<Vec<CustomFieldValue>>,
}

impl ApiTool for UpdateIssue {
    const NAME: &'static str = "update_issue";
    const TITLE: &'static str = "Update issue";
    const CALL: Operation = Operation::patch("issues/{issueId|issueKey}").clearing(&[
        "categoryId",
        "versionId",
        "milestoneId",
    ]);
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::ISSUE;
    // Backlog logs each change; the comment is added each time.
    const EFFECT: Effect = Effect::of(Self::CALL.method())
        .recoverable()
        .not_idempotent();
}
