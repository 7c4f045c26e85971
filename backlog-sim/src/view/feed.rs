//! Notifications, watched issues and activities.

use serde_json::{Value, json};

use super::{
    content,
    issue::{CommentView, IssueView},
};
use crate::{
    model::{Activity, Notification, Subject, Watching},
    state::State,
    wire::stamp,
};

pub(crate) fn notification(state: &State, notification: &Notification) -> Value {
    let (issue, pull_request) = match notification.about {
        Subject::Issue(id) => (state.issues.get(&id), None),
        Subject::PullRequest(id) => (None, state.pull_requests.get(&id)),
    };
    let project = issue
        .map(|issue| issue.project_id)
        .or(pull_request.map(|pull_request| pull_request.project_id))
        .and_then(|id| state.projects.get(&id));
    let repository = pull_request.and_then(|p| state.repositories.get(&p.repository_id));
    let comment = issue.and_then(|issue| {
        let mut comments = issue.comments.iter();
        let comment = comments.find(|comment| Some(comment.id) == notification.comment)?;
        Some(CommentView::of(state, issue, comment))
    });
    let pull_request_comment = pull_request.and_then(|pull_request| {
        let mut comments = pull_request.comments.iter();
        let comment = comments.find(|comment| Some(comment.id) == notification.comment)?;
        Some(content::pull_request_comment(state, comment))
    });
    json!({
        "id": notification.id,
        "alreadyRead": notification.already_read,
        "reason": notification.reason as u8,
        "resourceAlreadyRead": notification.resource_already_read,
        "project": project.map(|record| &record.project),
        "issue": issue.map(|issue| IssueView::of(state, issue)),
        "comment": comment,
        "pullRequest": pull_request.map(|about| content::pull_request(state, about)),
        "pullRequestComment": pull_request_comment,
        "repository": repository.map(|repository| json!({
            "id": repository.id,
            "name": repository.name,
            "description": repository.description,
        })),
        "sender": state.users.get(&notification.sender),
        "created": stamp(notification.created),
    })
}

pub(crate) fn watching(state: &State, watching: &Watching) -> Value {
    let issue = state.issues.get(&watching.issue);
    json!({
        "id": watching.id,
        "resourceAlreadyRead": watching.resource_already_read,
        "note": watching.note,
        "type": "issue",
        "issue": issue.map(|issue| IssueView::of(state, issue)),
        "lastContentUpdated": issue.map(|issue| stamp(issue.updated)),
        "created": stamp(watching.created),
        "updated": stamp(watching.updated),
    })
}

pub(crate) fn activity(state: &State, activity: &Activity) -> Value {
    let record = state.projects.get(&activity.project_id);
    json!({
        "id": activity.id,
        "project": record.map(|record| &record.project),
        "type": activity.kind as u8,
        "content": activity.content,
        "notifications": [],
        "createdUser": state.users.get(&activity.user),
        "created": stamp(activity.created),
    })
}
