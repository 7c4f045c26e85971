//! An issue, its comments, and the changes that a comment records.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::{
    attachment::{Attachment, AttachmentInfo},
    custom_field::FieldValue,
    id::Id,
};

#[expect(clippy::struct_field_names, reason = "Backlog names the fields")]
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
    /// Notification id and notified user.
    pub notified: Vec<(Id, Id)>,
}

impl Comment {
    /// A new comment; [`State::add_comment`](crate::state::State::add_comment) sets its id.
    pub(crate) fn new(content: Option<String>, writer: Id, now: DateTime<Utc>) -> Self {
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

    /// Whether it records changes of the issue other than attached files.
    pub(crate) fn is_update(&self) -> bool {
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

/// The custom field that a change is about.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttributeInfo {
    pub id: Id,
    pub type_id: String,
}
