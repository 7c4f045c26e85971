//! Finding and counting issues.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Call,
    mcp::{
        inputs::{
            Category, CustomFieldFilter, Date, Integer, Issue, IssueType, Order, Priority, Project,
            Resolution, Sort, Status, User, Version,
        },
        reading::Mark,
        tool::Endpoint,
        tools::fields,
    },
};

/// A struct of the filters that searching and counting share, and more fields.
/// Not `#[serde(flatten)]`: an error would no longer name its argument.
macro_rules! filters {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($more:tt)* }) => {
        #[derive(Deserialize, Serialize, JsonSchema)]
        $(#[$meta])*
        #[serde(rename_all = "camelCase")]
        $vis struct $name {
            /// Projects by id, key or name; names of other things are looked up in these
            project_id: Option<Vec<Project>>,
            /// Issue types
            issue_type_id: Option<Vec<IssueType>>,
            /// Categories
            category_id: Option<Vec<Category>>,
            /// Affected versions
            version_id: Option<Vec<Version>>,
            /// Milestones
            milestone_id: Option<Vec<Version>>,
            /// Statuses
            status_id: Option<Vec<Status>>,
            /// Priorities
            priority_id: Option<Vec<Priority>>,
            /// Assignees
            assignee_id: Option<Vec<User>>,
            /// Creators
            created_user_id: Option<Vec<User>>,
            /// Resolutions
            resolution_id: Option<Vec<Resolution>>,
            /// Parent issues, by id or key
            parent_issue_id: Option<Vec<Issue>>,
            /// 1 no child issues, 2 only those, 3 neither parents nor children, 4 parents
            parent_child: Option<Integer>,
            /// Numeric issue ids
            id: Option<Vec<Integer>>,
            /// Whether files are attached
            attachment: Option<bool>,
            /// Whether shared files are linked
            shared_file: Option<bool>,
            /// false for issues without a due date
            #[schemars(extend("x-read" = Mark::OnlyFalse))]
            has_due_date: Option<bool>,
            /// Text to search for
            keyword: Option<String>,
            /// yyyy-MM-dd; the days of all bounds are included
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
            /// Conditions on custom fields
            custom_fields: Option<Vec<CustomFieldFilter>>,
            $($more)*
        }
    };
}

filters! {
    /// Finds issues by any combination of filters. A filter with several values matches any of
    /// them. Answers come in pages of up to 100.
    pub(in crate::mcp) struct GetIssues {
        /// What to sort by; also customField_ with an id, or a custom field's name
        sort: Option<Sort>,
        order: Option<Order>,
        /// How many to skip
        offset: Option<Integer>,
        /// 1 to 100, else 20
        count: Option<Integer>,
    }
}

impl Endpoint for GetIssues {
    const NAME: &'static str = "get_issues";
    const TITLE: &'static str = "Find issues";
    const CALL: Call = Call::get("issues");
    const FIELDS: &'static [&'static str] = fields::ISSUE;
}

filters! {
    /// Counts issues by the filters of get_issues.
    #[schemars(transform = crate::mcp::schema::described_elsewhere)]
    pub(super) struct CountIssues {}
}

impl Endpoint for CountIssues {
    const NAME: &'static str = "count_issues";
    const TITLE: &'static str = "Count issues";
    const CALL: Call = Call::get("issues/count");
}
