//! The change log: the differences between two states of an issue. Field names are Backlog's own,
//! and some differ from those of the parameters (`assigner`, `component`, `limitDate`).

use super::custom_fields::shown;
use crate::{
    model::{
        Attachment, AttachmentInfo, AttributeInfo, Change, Id, Issue, Master, PRIORITIES,
        RESOLUTIONS,
    },
    state::State,
};

/// The changes, in the order of the fields in Backlog's form.
pub(super) fn changes(state: &State, before: &Issue, after: &Issue) -> Vec<Change> {
    let mut changes: Vec<Change> = FIELDS
        .iter()
        .filter_map(|(field, show)| change(field, show(state, before), show(state, after), None))
        .collect();
    for field in &state.project_of(before).custom_fields {
        let old = shown(field, before.custom_fields.get(&field.id));
        let new = shown(field, after.custom_fields.get(&field.id));
        let info = AttributeInfo {
            id: field.id,
            type_id: (field.type_id as u8).to_string(),
        };
        changes.extend(change(&field.name, old, new, Some(info)));
    }
    changes
}

fn change(
    field: &str,
    original_value: Option<String>,
    new_value: Option<String>,
    attribute_info: Option<AttributeInfo>,
) -> Option<Change> {
    (original_value != new_value).then(|| Change {
        field: field.to_owned(),
        new_value,
        original_value,
        attachment_info: None,
        attribute_info,
        notification_info: None,
    })
}

/// The text of an attribute in the log.
type Show = fn(&State, &Issue) -> Option<String>;

const FIELDS: [(&str, Show); 15] = [
    ("summary", |_, issue| Some(issue.summary.clone())),
    ("description", |_, issue| Some(issue.description.clone())),
    ("issueType", |state, issue| {
        let types = &state.project_of(issue).issue_types;
        types
            .iter()
            .find(|t| t.id == issue.issue_type)
            .map(|t| t.name.clone())
    }),
    ("status", |state, issue| {
        let statuses = &state.project_of(issue).statuses;
        statuses
            .iter()
            .find(|s| s.id == issue.status)
            .map(|s| s.name.clone())
    }),
    ("assigner", |state, issue| {
        issue
            .assignee
            .and_then(|id| state.users.get(&id))
            .map(|user| user.name.clone())
    }),
    ("priority", |_, issue| {
        master(&PRIORITIES, Some(issue.priority))
    }),
    ("resolution", |_, issue| {
        master(&RESOLUTIONS, issue.resolution)
    }),
    ("component", |state, issue| {
        let categories = state.project_of(issue).categories.iter();
        names(
            &issue.categories,
            categories.map(|c| (c.id, c.name.as_str())),
        )
    }),
    ("version", |state, issue| {
        let versions = state.project_of(issue).versions.iter();
        names(&issue.versions, versions.map(|v| (v.id, v.name.as_str())))
    }),
    ("milestone", |state, issue| {
        let versions = state.project_of(issue).versions.iter();
        names(&issue.milestones, versions.map(|v| (v.id, v.name.as_str())))
    }),
    ("startDate", |_, issue| {
        issue.start_date.map(|date| date.to_string())
    }),
    ("limitDate", |_, issue| {
        issue.due_date.map(|date| date.to_string())
    }),
    ("estimatedHours", |_, issue| {
        issue.estimated_hours.map(|hours| hours.to_string())
    }),
    ("actualHours", |_, issue| {
        issue.actual_hours.map(|hours| hours.to_string())
    }),
    ("parentIssue", |state, issue| {
        issue
            .parent
            .and_then(|id| state.issues.get(&id))
            .map(|parent| parent.issue_key.clone())
    }),
];

/// The log entries for attached files.
pub(super) fn attached(files: &[Attachment]) -> Vec<Change> {
    files
        .iter()
        .map(|file| Change {
            field: "attachment".to_owned(),
            new_value: Some(file.name.clone()),
            original_value: None,
            attachment_info: Some(AttachmentInfo {
                id: file.id,
                name: file.name.clone(),
            }),
            attribute_info: None,
            notification_info: None,
        })
        .collect()
}

fn master(masters: &[Master], id: Option<Id>) -> Option<String> {
    let found = masters.iter().find(|master| Some(master.id) == id)?;
    Some(found.name.to_owned())
}

fn names<'a>(chosen: &[Id], all: impl Iterator<Item = (Id, &'a str)>) -> Option<String> {
    let names: Vec<_> = all
        .filter(|(id, _)| chosen.contains(id))
        .map(|(_, name)| name)
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}
