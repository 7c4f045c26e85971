//! The inputs of `change_issues`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::work::{issue_filter::IssueFilter, issue_values::IssueValues};

/// The values to set.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
pub(crate) struct Values {
    /// Title
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) summary: Option<String>,
    #[serde(flatten)]
    pub(super) issue: IssueValues,
    /// Hours to add to those spent
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) add_hours: Option<f64>,
}

/// Changes one issue or many, with a comment if you like. Name the issues, or
/// select them with where: the first call returns a preview, and a second call with its expect
/// value makes the changes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct ChangeIssues {
    /// Keys or URLs
    pub(super) issues: Option<Vec<String>>,
    /// Instead of issues: filters, as in find_issues
    #[serde(rename = "where")]
    pub(super) filter: Option<IssueFilter>,
    /// Values to set; none removes one
    pub(super) set: Option<Values>,
    /// Markdown, added to each
    pub(super) comment: Option<String>,
    /// Names
    pub(super) notify: Option<Vec<String>>,
    /// Value from the preview, such as 34-k7qp
    pub(super) expect: Option<String>,
}
