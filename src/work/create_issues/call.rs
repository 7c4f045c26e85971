//! The inputs of `create_issues`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::work::{files::FileInput, issue_values::IssueValues};

/// An issue to add.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(crate) struct NewIssue {
    /// Title
    pub(super) summary: String,
    #[serde(flatten)]
    pub(super) values: IssueValues,
}

/// Adds up to 50 issues to a project in one call, with names instead of ids. Inputs beside the list
/// apply to each issue that does not set its own. Returns keys and URLs.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(crate) struct CreateIssues {
    /// Key or name
    pub(super) project: String,
    /// Up to 50
    pub(super) issues: Vec<NewIssue>,
    /// Issue type by name; required here or in each issue if the project has several
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) issue_type: Option<String>,
    /// High, Normal (default) or Low
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) priority: Option<String>,
    /// Name or me
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) assignee: Option<String>,
    /// Key
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parent: Option<String>,
    /// 2026-12-18, tomorrow, friday, 金曜
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) due: Option<String>,
    /// Attached to each issue
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) files: Option<Vec<FileInput>>,
    /// Names
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) notify: Option<Vec<String>>,
}
