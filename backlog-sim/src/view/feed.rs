//! How notifications, watched issues and activities look on the wire.

use serde_json::{Value, json};

use super::{CommentView, IssueView, content};
use crate::{
    model::{Activity, Issue, Notification, PullRequest, Star, Starred, Subject, Watching},
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

/// The stars of a thing.
pub(crate) fn stars(state: &State, about: Starred) -> Vec<Value> {
    let stars = state.stars_of(about);
    stars.map(|star| self::star(state, star)).collect()
}

pub(crate) fn star(state: &State, star: &Star) -> Value {
    let (path, title) = starred(state, star.about).unwrap_or_default();
    json!({
        "id": star.id,
        "comment": null,
        "url": format!("https://{}.backlog.com/{path}", state.space.space_key),
        "title": title,
        "presenter": state.users.get(&star.presenter),
        "created": stamp(star.created),
    })
}

/// Where a thing is, below the space's address, and what it is called.
fn starred(state: &State, about: Starred) -> Option<(String, String)> {
    let of_issue = |issue: &Issue| {
        let (key, summary) = (&issue.issue_key, &issue.summary);
        (format!("view/{key}"), format!("[{key}] {summary}"))
    };
    let of_pull_request = |about: &PullRequest| {
        let project = &state.projects.get(&about.project_id)?.project.project_key;
        let repository = &state.repositories.get(&about.repository_id)?.name;
        let number = about.number;
        let path = format!("git/{project}/{repository}/pullRequests/{number}");
        Some((
            path,
            format!("[{project}/{repository}#{number}] {}", about.summary),
        ))
    };
    match about {
        Starred::Issue(id) => state.issues.get(&id).map(of_issue),
        Starred::Comment(id) => state.comment(id).map(|(issue, _)| {
            let (path, title) = of_issue(issue);
            (format!("{path}#comment-{id}"), title)
        }),
        Starred::Wiki(id) => {
            let wiki = state.wikis.get(&id)?;
            let project = &state.projects.get(&wiki.project_id)?.project.project_key;
            Some((
                format!("alias/wiki/{id}"),
                format!("[{project}] {}", wiki.name),
            ))
        }
        Starred::PullRequest(id) => of_pull_request(state.pull_requests.get(&id)?),
        Starred::PullRequestComment(id) => {
            let (path, title) = of_pull_request(state.pull_request_comment(id)?.0)?;
            Some((format!("{path}#comment-{id}"), title))
        }
    }
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
