//! Adding and changing issues.
//!
//! 1. Every parameter is parsed and checked against the project; the first wrong one is an error,
//!    and nothing is changed.
//! 2. The draft replaces the issue.
//! 3. After an update, the differences become the change log of a new comment.
//! 4. An activity is recorded, and the users concerned are notified.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::{
    custom_fields,
    issue_changes::{attached, changes},
};
use crate::{
    auth::Call,
    error::ApiError,
    model::{
        ActivityKind, Comment, Id, Issue, PRIORITIES, ProjectRecord, RESOLUTIONS, Reason, Subject,
    },
    params::{Params, malformed},
    state::{News, State},
    view::activity,
};

/// Adds the issue that a form describes and returns its id.
pub(super) fn add(state: &mut State, call: &Call, now: DateTime<Utc>) -> Result<Id, ApiError> {
    let params = &call.params;
    state.may_add_issues(call.user)?;
    let project_id = params.require_id("projectId")?;
    let record = state.project(call.user, &project_id.to_string())?;
    let mut issue = Issue {
        id: 0,
        project_id,
        issue_key: String::new(),
        key_id: 0,
        issue_type: params.require_id("issueTypeId")?,
        summary: params.require("summary")?.to_owned(),
        description: String::new(),
        resolution: None,
        priority: params.require_id("priorityId")?,
        status: 1,
        assignee: None,
        categories: Vec::new(),
        versions: Vec::new(),
        milestones: Vec::new(),
        start_date: None,
        due_date: None,
        estimated_hours: None,
        actual_hours: None,
        parent: None,
        created_user: call.user,
        created: now,
        updated_user: call.user,
        updated: now,
        custom_fields: BTreeMap::new(),
        attachments: Vec::new(),
        shared_files: BTreeSet::new(),
        comments: Vec::new(),
    };
    apply(params, state, record, &mut issue)?;
    require_custom_fields(record, &issue)?;
    let notify = notified(params, record)?;
    let files = state.uploads(call.user, params)?;
    issue.attachments.clone_from(&files);

    let id = state.next_id();
    issue.id = id;
    let assignee = issue.assignee;
    state.use_up(&files);
    state.insert_issue(issue);
    let content = activity::issue(&state.issues[&id]);
    state.record(
        ActivityKind::IssueCreated,
        project_id,
        call.user,
        now,
        content,
    );
    let news = |reason| News {
        reason,
        about: Subject::Issue(id),
        comment: None,
        sender: call.user,
        created: now,
    };
    let assignee = assignee.filter(|assignee| *assignee != call.user);
    state.notify(assignee.as_slice(), news(Reason::Assigned));
    state.notify(&notify, news(Reason::IssueCreated));
    Ok(id)
}

/// Changes the issue according to a form.
pub(super) fn update(
    state: &mut State,
    call: &Call,
    id: Id,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    let params = &call.params;
    state.may_edit(call.user)?;
    let before = &state.issues[&id];
    let record = state.project_of(before);
    let mut after = before.clone();
    for name in ["summary", "issueTypeId", "priorityId", "statusId"] {
        if params.get(name) == Some("") {
            return Err(malformed(name, ""));
        }
    }
    if let Some(summary) = params.filled("summary") {
        summary.clone_into(&mut after.summary);
    }
    if let Some(issue_type) = params.parsed("issueTypeId")? {
        after.issue_type = issue_type;
    }
    if let Some(priority) = params.parsed("priorityId")? {
        after.priority = priority;
    }
    if let Some(status) = params.parsed("statusId")? {
        after.status = status;
    }
    if params.get("resolutionId").is_some() {
        after.resolution = params.parsed("resolutionId")?;
    }
    apply(params, state, record, &mut after)?;
    let notify = notified(params, record)?;

    let files = state.uploads(call.user, params)?;
    let mut changes = changes(state, before, &after);
    changes.extend(attached(&files));
    after.attachments.extend_from_slice(&files);
    let content = params.filled("comment").map(str::to_owned);
    state.use_up(&files);
    state.issues.insert(id, after);
    if !changes.is_empty() || content.is_some() {
        let comment = Comment {
            changes,
            ..Comment::new(content, call.user, now)
        };
        let comment = state.add_comment(id, comment, &notify);
        record_comment(state, id, comment);
    }
    Ok(())
}

/// Records the activity of a comment: an update if it has changes.
pub(super) fn record_comment(state: &mut State, issue: Id, comment: Id) {
    let issue = &state.issues[&issue];
    let Some(comment) = issue.comments.iter().find(|c| c.id == comment) else {
        return;
    };
    let kind = if comment.is_update() {
        ActivityKind::IssueUpdated
    } else {
        ActivityKind::IssueCommented
    };
    let content = activity::issue_with_comment(issue, comment);
    let (project, user, now) = (issue.project_id, comment.created_user, comment.created);
    state.record(kind, project, user, now, content);
}

/// Sets the values that are allowed both when adding and when changing, and checks the whole.
fn apply(
    params: &Params,
    state: &State,
    record: &ProjectRecord,
    issue: &mut Issue,
) -> Result<(), ApiError> {
    if let Some(description) = params.get("description") {
        description.clone_into(&mut issue.description);
    }
    // An empty value clears.
    if params.get("assigneeId").is_some() {
        issue.assignee = params.parsed("assigneeId")?;
    }
    if params.get("startDate").is_some() {
        issue.start_date = params.date("startDate")?;
    }
    if params.get("dueDate").is_some() {
        issue.due_date = params.date("dueDate")?;
    }
    if params.get("estimatedHours").is_some() {
        issue.estimated_hours = hours(params, "estimatedHours")?;
    }
    if params.get("actualHours").is_some() {
        issue.actual_hours = hours(params, "actualHours")?;
    }
    if params.get("parentIssueId").is_some() {
        issue.parent = params.parsed("parentIssueId")?;
        check_parent(state, record, issue)?;
    }
    if let Some(categories) = params.ids("categoryId")? {
        issue.categories = categories;
    }
    if let Some(versions) = params.ids("versionId")? {
        issue.versions = versions;
    }
    if let Some(milestones) = params.ids("milestoneId")? {
        issue.milestones = milestones;
    }
    check_references(record, issue)?;
    for setting in custom_fields::settings(params, record, issue.issue_type)? {
        match setting.value {
            Some(value) => issue.custom_fields.insert(setting.field, value),
            None => issue.custom_fields.remove(&setting.field),
        };
    }
    Ok(())
}

fn hours(params: &Params, name: &str) -> Result<Option<f64>, ApiError> {
    let hours = params.parsed::<f64>(name)?;
    match hours {
        Some(value) if !value.is_finite() || value < 0.0 => {
            Err(malformed(name, &value.to_string()))
        }
        _ => Ok(hours),
    }
}

/// Checks that everything the issue refers to exists in its project.
fn check_references(record: &ProjectRecord, issue: &Issue) -> Result<(), ApiError> {
    let known = |name: &str, id: Id, known: bool| {
        known
            .then_some(())
            .ok_or_else(|| malformed(name, &id.to_string()))
    };
    let id = issue.issue_type;
    known(
        "issueTypeId",
        id,
        record.issue_types.iter().any(|t| t.id == id),
    )?;
    let id = issue.priority;
    known("priorityId", id, PRIORITIES.iter().any(|p| p.id == id))?;
    let id = issue.status;
    known("statusId", id, record.statuses.iter().any(|s| s.id == id))?;
    if let Some(id) = issue.resolution {
        known("resolutionId", id, RESOLUTIONS.iter().any(|r| r.id == id))?;
    }
    if let Some(id) = issue.assignee {
        known("assigneeId", id, record.members.contains(&id))?;
    }
    for id in issue.categories.iter().copied() {
        known(
            "categoryId[]",
            id,
            record.categories.iter().any(|c| c.id == id),
        )?;
    }
    for id in issue.versions.iter().copied() {
        known(
            "versionId[]",
            id,
            record.versions.iter().any(|v| v.id == id),
        )?;
    }
    for id in issue.milestones.iter().copied() {
        known(
            "milestoneId[]",
            id,
            record.versions.iter().any(|v| v.id == id),
        )?;
    }
    Ok(())
}

/// A parent is another issue of the project, and not a child itself unless grandchildren are on.
fn check_parent(state: &State, record: &ProjectRecord, issue: &Issue) -> Result<(), ApiError> {
    let Some(id) = issue.parent else {
        return Ok(());
    };
    let parent = state
        .issues
        .get(&id)
        .filter(|parent| parent.project_id == issue.project_id && parent.id != issue.id)
        .ok_or_else(|| malformed("parentIssueId", &id.to_string()))?;
    let project = &record.project;
    let too_deep = parent.parent.is_some() && !project.grandchild_issue_enabled;
    let is_parent = state.children(issue.id).next().is_some();
    if !project.subtasking_enabled || too_deep || is_parent {
        return Err(malformed("parentIssueId", &id.to_string()));
    }
    Ok(())
}

fn require_custom_fields(record: &ProjectRecord, issue: &Issue) -> Result<(), ApiError> {
    let missing = record.custom_fields.iter().find(|field| {
        field.required
            && field.applies_to(issue.issue_type)
            && !issue.custom_fields.contains_key(&field.id)
    });
    match missing {
        Some(field) => Err(ApiError::invalid(format!(
            "customField_{} is required. ({})",
            field.id, field.name
        ))),
        None => Ok(()),
    }
}

/// The members to notify.
pub(super) fn notified(params: &Params, record: &ProjectRecord) -> Result<Vec<Id>, ApiError> {
    let ids = params.ids("notifiedUserId")?.unwrap_or_default();
    match ids.iter().find(|id| !record.members.contains(id)) {
        Some(stranger) => Err(malformed("notifiedUserId[]", &stranger.to_string())),
        None => Ok(ids),
    }
}
