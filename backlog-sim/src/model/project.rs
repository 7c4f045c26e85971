//! A project and its settings.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::Serialize;

use super::{admin::Webhook, custom_field::CustomField, id::Id};
use crate::wire::date;

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a Backlog project is a set of switches"
)]
#[expect(clippy::struct_field_names, reason = "Backlog names the fields")]
pub(crate) struct Project {
    pub id: Id,
    pub project_key: String,
    pub name: String,
    pub chart_enabled: bool,
    pub use_resolved_for_chart: bool,
    pub subtasking_enabled: bool,
    pub grandchild_issue_enabled: bool,
    pub project_leader_can_edit_project_leader: bool,
    pub use_wiki: bool,
    pub use_file_sharing: bool,
    pub use_wiki_tree_view: bool,
    pub use_original_image_size_at_wiki: bool,
    pub use_subversion: bool,
    pub use_git: bool,
    pub text_formatting_rule: String,
    pub archived: bool,
    pub display_order: u32,
    pub use_dev_attributes: bool,
}

/// A project with its settings and members.
#[derive(Clone, Debug)]
pub(crate) struct ProjectRecord {
    pub project: Project,
    /// All members: users who joined, and members of its teams.
    pub members: BTreeSet<Id>,
    /// Users who joined directly, not only through a team.
    pub joined: BTreeSet<Id>,
    pub administrators: BTreeSet<Id>,
    pub teams: BTreeSet<Id>,
    pub webhooks: Vec<Webhook>,
    pub issue_types: Vec<IssueType>,
    pub statuses: Vec<Status>,
    pub categories: Vec<Category>,
    pub versions: Vec<Version>,
    pub custom_fields: Vec<CustomField>,
    /// The number of the newest issue key; keys are not reused.
    pub last_key: u32,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IssueType {
    pub id: Id,
    pub project_id: Id,
    pub name: String,
    pub color: String,
    pub display_order: u32,
    pub template_summary: Option<String>,
    pub template_description: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    /// 1 open, 2 in progress, 3 resolved, 4 closed; larger ones are the project's own.
    pub id: Id,
    pub project_id: Id,
    pub name: String,
    pub color: String,
    pub display_order: u32,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Category {
    pub id: Id,
    pub project_id: Id,
    pub name: String,
    pub display_order: u32,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Version {
    pub id: Id,
    pub project_id: Id,
    pub name: String,
    pub description: Option<String>,
    #[serde(serialize_with = "date")]
    pub start_date: Option<NaiveDate>,
    #[serde(serialize_with = "date")]
    pub release_due_date: Option<NaiveDate>,
    pub archived: bool,
    pub display_order: u32,
}
