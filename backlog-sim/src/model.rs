//! The things in a space, in the shape in which Backlog sends them where they embed nothing else.
//! What refers to others by id is shaped in `view.rs` and `view/`.

mod admin;
mod content;
mod feed;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Serialize, Serializer};

use crate::wire::{date, number, optional_timestamp, timestamp};

pub(crate) use admin::{SpaceNotice, Team, Thing, Viewed, Webhook};
pub(crate) use content::{
    Attachment, AttachmentInfo, Document, DocumentComment, PullRequest, Repository, SharedFile,
    Tag, Wiki, WikiVersion,
};
pub(crate) use feed::{
    Activity, ActivityKind, Notification, Reason, Star, Starred, Subject, Watching,
};

/// Backlog's numeric ids.
pub type Id = u64;

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Space {
    pub space_key: String,
    pub name: String,
    pub owner_id: Id,
    pub lang: &'static str,
    pub timezone: &'static str,
    pub report_send_time: &'static str,
    pub text_formatting_rule: &'static str,
    #[serde(serialize_with = "timestamp")]
    pub created: DateTime<Utc>,
    #[serde(serialize_with = "timestamp")]
    pub updated: DateTime<Utc>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub id: Id,
    pub user_id: String,
    pub name: String,
    /// 1 administrator, 2 member, 3 may only add issues, 4 may only look.
    pub role_type: u8,
    pub lang: Option<&'static str>,
    pub nulab_account: Option<NulabAccount>,
    pub mail_address: Option<String>,
    #[serde(serialize_with = "optional_timestamp")]
    pub last_login_time: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NulabAccount {
    pub nulab_id: String,
    pub name: String,
    pub unique_id: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a Backlog project is a set of switches"
)]
pub struct Project {
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
    /// Everybody in it: who joined, and the members of its teams.
    pub members: BTreeSet<Id>,
    /// Who joined by themselves, not only through a team.
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
pub struct IssueType {
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
pub struct Status {
    /// 1 open, 2 in progress, 3 resolved, 4 closed; larger ones are the project's own.
    pub id: Id,
    pub project_id: Id,
    pub name: String,
    pub color: String,
    pub display_order: u32,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Category {
    pub id: Id,
    pub project_id: Id,
    pub name: String,
    pub display_order: u32,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Version {
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

/// A priority or a resolution: the same in every project.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Master {
    pub id: Id,
    pub name: &'static str,
}

pub(crate) const PRIORITIES: [Master; 3] = [
    Master {
        id: 2,
        name: "High",
    },
    Master {
        id: 3,
        name: "Normal",
    },
    Master { id: 4, name: "Low" },
];

/// 0 is an id like the others.
pub(crate) const RESOLUTIONS: [Master; 5] = [
    Master {
        id: 0,
        name: "Fixed",
    },
    Master {
        id: 1,
        name: "Won't Fix",
    },
    Master {
        id: 2,
        name: "Invalid",
    },
    Master {
        id: 3,
        name: "Duplication",
    },
    Master {
        id: 4,
        name: "Cannot Reproduce",
    },
];

/// The types of custom fields; the numbers are Backlog's `typeId`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FieldType {
    Text = 1,
    TextArea = 2,
    Numeric = 3,
    Date = 4,
    SingleList = 5,
    MultipleList = 6,
    CheckBox = 7,
    Radio = 8,
}

impl Serialize for FieldType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(*self as u8)
    }
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomField {
    pub id: Id,
    pub project_id: Id,
    pub type_id: FieldType,
    pub version: u32,
    pub name: String,
    pub description: String,
    pub required: bool,
    pub use_issue_type: bool,
    /// Empty: all issue types.
    pub applicable_issue_types: Vec<Id>,
    pub display_order: u32,
    #[serde(flatten)]
    pub settings: FieldSettings,
}

impl CustomField {
    pub(crate) fn applies_to(&self, issue_type: Id) -> bool {
        self.applicable_issue_types.is_empty() || self.applicable_issue_types.contains(&issue_type)
    }

    pub(crate) fn items(&self) -> &[FieldItem] {
        match &self.settings {
            FieldSettings::List { items, .. } => items,
            _ => &[],
        }
    }

    pub(crate) fn items_mut(&mut self) -> Option<&mut Vec<FieldItem>> {
        match &mut self.settings {
            FieldSettings::List { items, .. } => Some(items),
            _ => None,
        }
    }

    pub(crate) fn allows_input(&self) -> bool {
        matches!(
            self.settings,
            FieldSettings::List {
                allow_input: Some(true),
                ..
            }
        )
    }
}

/// The settings that only some types have.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum FieldSettings {
    Numeric {
        #[serde(serialize_with = "number")]
        min: Option<f64>,
        #[serde(serialize_with = "number")]
        max: Option<f64>,
        #[serde(serialize_with = "number")]
        initial_value: Option<f64>,
        unit: Option<String>,
    },
    Date {
        #[serde(serialize_with = "date")]
        min: Option<NaiveDate>,
        #[serde(serialize_with = "date")]
        max: Option<NaiveDate>,
        initial_date: Option<InitialDate>,
    },
    List {
        items: Vec<FieldItem>,
        allow_add_item: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        allow_input: Option<bool>,
    },
    Text {},
}

/// How a date field starts out: 1 on the day of creation, 2 so many days later, 3 on a fixed day.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct InitialDate {
    pub id: Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shift: Option<i64>,
    #[serde(serialize_with = "date", skip_serializing_if = "Option::is_none")]
    pub date: Option<NaiveDate>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldItem {
    pub id: Id,
    pub name: String,
    pub display_order: u32,
}

/// The value of a custom field on an issue.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FieldValue {
    Text(String),
    Number(f64),
    Date(NaiveDate),
    /// Items by id, and the free text that check boxes and radio buttons may take.
    Items {
        ids: Vec<Id>,
        other: Option<String>,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Issue {
    pub id: Id,
    pub project_id: Id,
    pub issue_key: String,
    pub key_id: u32,
    pub issue_type: Id,
    pub summary: String,
    pub description: String,
    pub resolution: Option<Id>,
    pub priority: Id,
    pub status: Id,
    pub assignee: Option<Id>,
    pub categories: Vec<Id>,
    pub versions: Vec<Id>,
    pub milestones: Vec<Id>,
    pub start_date: Option<NaiveDate>,
    pub due_date: Option<NaiveDate>,
    pub estimated_hours: Option<f64>,
    pub actual_hours: Option<f64>,
    pub parent: Option<Id>,
    pub created_user: Id,
    pub created: DateTime<Utc>,
    pub updated_user: Id,
    pub updated: DateTime<Utc>,
    pub custom_fields: BTreeMap<Id, FieldValue>,
    pub attachments: Vec<Attachment>,
    /// Ids of the project's shared files that it links to.
    pub shared_files: BTreeSet<Id>,
    /// In the order written.
    pub comments: Vec<Comment>,
}

#[derive(Clone, Debug)]
pub(crate) struct Comment {
    pub id: Id,
    /// `None` when the comment only records changes.
    pub content: Option<String>,
    pub changes: Vec<Change>,
    pub created_user: Id,
    pub created: DateTime<Utc>,
    pub updated: DateTime<Utc>,
    /// Notification id and the user told.
    pub notified: Vec<(Id, Id)>,
}

impl Comment {
    /// A new comment; its id comes with [`State::add_comment`](crate::state::State::add_comment).
    pub fn new(content: Option<String>, writer: Id, now: DateTime<Utc>) -> Self {
        Self {
            id: 0,
            content,
            changes: Vec::new(),
            created_user: writer,
            created: now,
            updated: now,
            notified: Vec::new(),
        }
    }

    /// Whether it comes with changes of the issue, more than files that it brings along.
    pub fn is_update(&self) -> bool {
        self.content.is_none() || self.changes.iter().any(|c| c.attachment_info.is_none())
    }
}

/// One entry of a comment's `changeLog`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Change {
    pub field: String,
    pub new_value: Option<String>,
    pub original_value: Option<String>,
    pub attachment_info: Option<AttachmentInfo>,
    pub attribute_info: Option<AttributeInfo>,
    pub notification_info: Option<()>,
}

/// Which custom field a change is about.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttributeInfo {
    pub id: Id,
    pub type_id: String,
}
