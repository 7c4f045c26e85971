//! Issues and comments, with everything they refer to embedded.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Serialize, Serializer, ser::SerializeSeq};
use serde_json::Value;

use super::{
    file,
    notified::{NotificationView, notified},
    star,
};
use crate::{
    model::{
        Category, Change, Comment, CustomField, FieldItem, FieldType, FieldValue, Id, Issue,
        IssueType, Master, PRIORITIES, ProjectRecord, RESOLUTIONS, Starred, Status, User, Version,
    },
    state::State,
    wire::{date, number, timestamp},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IssueView<'a> {
    id: Id,
    project_id: Id,
    issue_key: &'a str,
    key_id: u32,
    issue_type: Option<&'a IssueType>,
    summary: &'a str,
    description: &'a str,
    resolution: Option<&'a Master>,
    priority: Option<&'a Master>,
    status: Option<&'a Status>,
    assignee: Option<&'a User>,
    category: Vec<&'a Category>,
    versions: Vec<&'a Version>,
    milestone: Vec<&'a Version>,
    #[serde(serialize_with = "date")]
    start_date: Option<NaiveDate>,
    #[serde(serialize_with = "date")]
    due_date: Option<NaiveDate>,
    #[serde(serialize_with = "number")]
    estimated_hours: Option<f64>,
    #[serde(serialize_with = "number")]
    actual_hours: Option<f64>,
    parent_issue_id: Option<Id>,
    created_user: Option<&'a User>,
    #[serde(serialize_with = "timestamp")]
    created: DateTime<Utc>,
    updated_user: Option<&'a User>,
    #[serde(serialize_with = "timestamp")]
    updated: DateTime<Utc>,
    custom_fields: Vec<FieldView<'a>>,
    attachments: Vec<Value>,
    shared_files: Vec<Value>,
    stars: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    child_issue_summary: Option<ChildSummary>,
}

/// The number of an issue's children.
#[derive(Serialize)]
struct ChildSummary {
    total: usize,
    closed: usize,
}

impl<'a> IssueView<'a> {
    pub(crate) fn of(state: &'a State, issue: &'a Issue) -> Self {
        let record = state.project_of(issue);
        Self {
            id: issue.id,
            project_id: issue.project_id,
            issue_key: &issue.issue_key,
            key_id: issue.key_id,
            issue_type: record.issue_types.iter().find(|t| t.id == issue.issue_type),
            summary: &issue.summary,
            description: &issue.description,
            resolution: issue
                .resolution
                .and_then(|id| RESOLUTIONS.iter().find(|r| r.id == id)),
            priority: PRIORITIES.iter().find(|p| p.id == issue.priority),
            status: record.statuses.iter().find(|s| s.id == issue.status),
            assignee: issue.assignee.and_then(|id| state.users.get(&id)),
            category: record
                .categories
                .iter()
                .filter(|category| issue.categories.contains(&category.id))
                .collect(),
            versions: versions(record, &issue.versions),
            milestone: versions(record, &issue.milestones),
            start_date: issue.start_date,
            due_date: issue.due_date,
            estimated_hours: issue.estimated_hours,
            actual_hours: issue.actual_hours,
            parent_issue_id: issue.parent,
            created_user: state.users.get(&issue.created_user),
            created: issue.created,
            updated_user: state.users.get(&issue.updated_user),
            updated: issue.updated,
            custom_fields: record
                .custom_fields
                .iter()
                .filter(|field| field.applies_to(issue.issue_type))
                .map(|field| FieldView::of(field, issue.custom_fields.get(&field.id)))
                .collect(),
            attachments: file::attachments(state, &issue.attachments),
            shared_files: file::shared_files(state, &issue.shared_files),
            stars: star::stars(state, Starred::Issue(issue.id)),
            child_issue_summary: None,
        }
    }

    /// Adds the number of children.
    pub(crate) fn with_children(mut self, state: &State) -> Self {
        let is_closed = |child: &&Issue| child.status == CLOSED;
        self.child_issue_summary = Some(ChildSummary {
            total: state.children(self.id).count(),
            closed: state.children(self.id).filter(is_closed).count(),
        });
        self
    }
}

/// The id of the status "closed".
const CLOSED: Id = 4;

fn versions<'a>(record: &'a ProjectRecord, ids: &[Id]) -> Vec<&'a Version> {
    record
        .versions
        .iter()
        .filter(|version| ids.contains(&version.id))
        .collect()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FieldView<'a> {
    id: Id,
    field_type_id: FieldType,
    name: &'a str,
    value: Shown<'a>,
    /// Check boxes and radio buttons only.
    #[expect(clippy::option_option, reason = "a field may be missing, or null")]
    #[serde(skip_serializing_if = "Option::is_none")]
    other_value: Option<Option<&'a str>>,
}

impl<'a> FieldView<'a> {
    fn of(field: &'a CustomField, value: Option<&'a FieldValue>) -> Self {
        let other = match value {
            Some(FieldValue::Items { other, .. }) => other.as_deref(),
            _ => None,
        };
        let has_other = matches!(field.type_id, FieldType::CheckBox | FieldType::Radio);
        Self {
            id: field.id,
            field_type_id: field.type_id,
            name: &field.name,
            value: Shown { field, value },
            other_value: has_other.then_some(other),
        }
    }
}

/// A value as its field's type is represented: text, a number, one item, or a list of items.
struct Shown<'a> {
    field: &'a CustomField,
    value: Option<&'a FieldValue>,
}

impl Shown<'_> {
    fn items(&self) -> impl Iterator<Item = &FieldItem> {
        let chosen: &[Id] = match self.value {
            Some(FieldValue::Items { ids, .. }) => ids,
            _ => &[],
        };
        self.field
            .items()
            .iter()
            .filter(|item| chosen.contains(&item.id))
    }
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.field.type_id, self.value) {
            (FieldType::MultipleList | FieldType::CheckBox, _) => {
                let mut list = serializer.serialize_seq(None)?;
                for item in self.items() {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            (FieldType::SingleList | FieldType::Radio, _) => {
                self.items().next().serialize(serializer)
            }
            (_, Some(FieldValue::Text(text))) => serializer.serialize_str(text),
            (_, Some(FieldValue::Number(value))) => number(&Some(*value), serializer),
            (_, Some(FieldValue::Date(value))) => date(&Some(*value), serializer),
            (_, None | Some(FieldValue::Items { .. })) => serializer.serialize_none(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommentView<'a> {
    id: Id,
    project_id: Id,
    issue_id: Id,
    content: Option<&'a str>,
    change_log: &'a [Change],
    created_user: Option<&'a User>,
    #[serde(serialize_with = "timestamp")]
    created: DateTime<Utc>,
    #[serde(serialize_with = "timestamp")]
    updated: DateTime<Utc>,
    stars: Vec<Value>,
    notifications: Vec<NotificationView<'a>>,
}

/// A linked issue in full, and the kind of link.
#[derive(Serialize)]
pub(crate) struct RelatedIssueView<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    issue: IssueView<'a>,
}

impl<'a> RelatedIssueView<'a> {
    pub(crate) fn of(state: &'a State, issue: &'a Issue) -> Self {
        Self {
            r#type: "RELATES",
            issue: IssueView::of(state, issue),
        }
    }
}

impl<'a> CommentView<'a> {
    pub(crate) fn of(state: &'a State, issue: &Issue, comment: &'a Comment) -> Self {
        Self {
            id: comment.id,
            project_id: issue.project_id,
            issue_id: issue.id,
            content: comment.content.as_deref(),
            change_log: &comment.changes,
            created_user: state.users.get(&comment.created_user),
            created: comment.created,
            updated: comment.updated,
            stars: star::stars(state, Starred::Comment(comment.id)),
            notifications: notified(state, comment, 2),
        }
    }
}
