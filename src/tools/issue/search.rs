//! Finding and counting issues.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    input_kind::Mark,
    inputs::{
        Category, Count, CustomFieldFilter, Date, Integer, Issue, IssueType, ListedIssueId, Offset,
        Order, Priority, Project, Resolution, Sort, Status, User, Version,
    },
    project_binding::ProjectBinding,
    rest::Rest,
    tool::ApiTool,
};

/// Declares a struct with the filters that searching and counting share, and with more fields.
/// With `#[serde(flatten)]` instead, an error would not name its argument.
macro_rules! filters {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($more:tt)* }) => {
        #[derive(Deserialize, Serialize, JsonSchema)]
        $(#[$meta])*
        #[serde(rename_all = "camelCase")]
        $vis struct $name {
            /// Projects by key, name or id; names in other filters refer to them
            project_id: Option<Vec<Project>>,
            /// Names or ids (get_issue_types)
            issue_type_id: Option<Vec<IssueType>>,
            /// Names or ids (get_categories)
            category_id: Option<Vec<Category>>,
            /// Affected versions by name or id (get_version_milestone_list)
            version_id: Option<Vec<Version>>,
            /// Names or ids (get_version_milestone_list)
            milestone_id: Option<Vec<Version>>,
            /// Names or ids (get_statuses), such as Open, In Progress, Resolved, Closed
            status_id: Option<Vec<Status>>,
            /// High, Normal, Low, or ids (get_priorities)
            priority_id: Option<Vec<Priority>>,
            /// Users by name or id, or me
            assignee_id: Option<Vec<User>>,
            /// Users by name or id, or me
            created_user_id: Option<Vec<User>>,
            /// Names or ids (get_resolutions)
            resolution_id: Option<Vec<Resolution>>,
            /// Keys or ids of parent issues
            parent_issue_id: Option<Vec<Issue>>,
            /// 1 excludes child issues, 2 returns only those, 3 issues that are neither parent nor
            /// child, 4 only parents; default all
            #[schemars(extend("minimum" = 1, "maximum" = 4))]
            parent_child: Option<Integer>,
            /// Numeric issue ids
            id: Option<Vec<ListedIssueId>>,
            /// Whether files are attached
            attachment: Option<bool>,
            /// Whether shared files are linked
            shared_file: Option<bool>,
            /// Only false is accepted: issues without a due date
            #[schemars(extend("x-read" = Mark::OnlyFalse))]
            has_due_date: Option<bool>,
            /// One text to find in the issues, not a list of words
            keyword: Option<String>,
            /// yyyy-MM-dd; Since and Until include their day
            start_date_since: Option<Date>,
            /// yyyy-MM-dd
            start_date_until: Option<Date>,
            /// yyyy-MM-dd
            due_date_since: Option<Date>,
            /// yyyy-MM-dd
            due_date_until: Option<Date>,
            /// yyyy-MM-dd
            created_since: Option<Date>,
            /// yyyy-MM-dd
            created_until: Option<Date>,
            /// yyyy-MM-dd
            updated_since: Option<Date>,
            /// yyyy-MM-dd
            updated_until: Option<Date>,
            /// Conditions on custom fields (get_custom_fields); all must hold
            custom_fields: Option<Vec<CustomFieldFilter>>,
            $($more)*
        }
    };
}

filters! {
    /// Finds issues by any combination of filters, newest first by default. A filter with several
    /// values matches any of them. An issue takes 2 to 3 kB: use a small count, or count_issues for
    /// a number. Closed issues are included; exclude them with statusId.
    pub(crate) struct GetIssues {
        /// Default created; also customField_ with an id, or the name of a custom field
        sort: Option<Sort>,
        order: Option<Order>,
        offset: Option<Offset>,
        count: Option<Count>,
    }
}

impl ApiTool for GetIssues {
    const NAME: &'static str = "get_issues";
    const TITLE: &'static str = "Find issues";
    const CALL: Operation = Operation::get("issues");
    const PROJECTS: ProjectBinding = ProjectBinding::Narrowed;
    const REST: Rest = Rest::ISSUE;
    const FIELDS: &'static [&'static str] = &[
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

filters! {
    /// Counts issues by the filters of get_issues.
    pub(in crate::tools) struct CountIssues {}
}

impl ApiTool for CountIssues {
    const NAME: &'static str = "count_issues";
    const TITLE: &'static str = "Count issues";
    const CALL: Operation = Operation::get("issues/count");
    const PROJECTS: ProjectBinding = ProjectBinding::Narrowed;
    const REST: Rest = Rest::SHORT;
}
