//! Traces of the seeded data: activities and notifications, derived from the issues, comments,
//! pages and pull requests; and the watched issues and stars.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::{
    dates::at,
    ids::{DANIEL, HARUKA, KENTA, MAJA},
};
use crate::{
    model::{Activity, ActivityKind, Id, Reason, Star, Starred, Subject, Watching},
    state::{News, State},
    view::activity,
};

const FIRST_ACTIVITY: Id = 9_700_001;
const FIRST_NOTIFICATION: Id = 9_800_001;
const FIRST_WATCHING: Id = 81_201;

/// User, issue, note.
const WATCHINGS: [(Id, &str, &str); 4] = [
    (DANIEL, "HARBOR-1", "check weekly"),
    (DANIEL, "KURA-1", ""),
    (MAJA, "HARBOR-10", ""),
    (KENTA, "HARBOR-7", "件名"),
];

const FIRST_STAR: Id = 12_001;

/// The receiver of stars in October for the first comments, their number, and their giver.
const STARS: [(Id, usize, Id); 3] = [(DANIEL, 5, HARUKA), (MAJA, 3, HARUKA), (HARUKA, 1, DANIEL)];

pub(super) fn fill(state: &mut State) {
    for (id, (user, key, note)) in (FIRST_WATCHING..).zip(WATCHINGS) {
        let created = at(2026, 11, 2, 2);
        let watching = Watching {
            id,
            user,
            issue: state.issue_keys[key],
            note: note.to_owned(),
            resource_already_read: false,
            created,
            updated: created,
        };
        state.watchings.insert(id, watching);
    }
    stars(state);
    activities(state);
    notifications(state);
}

fn stars(state: &mut State) {
    let mut id = FIRST_STAR;
    for (receiver, count, presenter) in STARS {
        let comments = state.issues.values().flat_map(|issue| &issue.comments);
        let own = comments.filter(|comment| comment.created_user == receiver);
        let abouts: Vec<_> = own.take(count).map(|comment| comment.id).collect();
        for (day, about) in (0..).zip(abouts) {
            let star = Star {
                id,
                about: Starred::Comment(about),
                receiver,
                presenter,
                created: at(2026, 10, 1, 9) + TimeDelta::days(day),
            };
            state.stars.insert(id, star);
            id += 1;
        }
    }
}

type Happened = (DateTime<Utc>, ActivityKind, Id, Id, Value);

fn activities(state: &mut State) {
    let mut happened: Vec<Happened> = Vec::new();
    for issue in state.issues.values() {
        let (project, content) = (issue.project_id, activity::issue(issue));
        let kind = ActivityKind::IssueCreated;
        happened.push((issue.created, kind, project, issue.created_user, content));
        for comment in &issue.comments {
            let content = activity::issue_with_comment(issue, comment);
            let kind = ActivityKind::IssueCommented;
            happened.push((
                comment.created,
                kind,
                project,
                comment.created_user,
                content,
            ));
        }
    }
    for wiki in state.wikis.values() {
        for (place, version) in wiki.history.iter().enumerate() {
            let kind = match place {
                0 => ActivityKind::WikiCreated,
                _ => ActivityKind::WikiUpdated,
            };
            let (project, content) = (wiki.project_id, activity::wiki(wiki));
            happened.push((
                version.created,
                kind,
                project,
                version.created_user,
                content,
            ));
        }
    }
    for about in state.pull_requests.values() {
        let repository = &state.repositories[&about.repository_id];
        let (project, content) = (
            about.project_id,
            activity::pull_request(about, repository, None),
        );
        let kind = ActivityKind::PullRequestAdded;
        happened.push((about.created, kind, project, about.created_user, content));
        for comment in &about.comments {
            let content = activity::pull_request(about, repository, Some(comment));
            let kind = ActivityKind::PullRequestCommented;
            happened.push((
                comment.created,
                kind,
                project,
                comment.created_user,
                content,
            ));
        }
    }
    happened.sort_by_key(|(created, ..)| *created);
    for (id, (created, kind, project_id, user, content)) in (FIRST_ACTIVITY..).zip(happened) {
        let activity = Activity {
            id,
            project_id,
            kind,
            user,
            created,
            content,
        };
        state.activities.insert(id, activity);
    }
}

/// Notifies assignees of comments by others. Notifications from before October are read.
fn notifications(state: &mut State) {
    let mut pending: Vec<(Id, News)> = Vec::new();
    for issue in state.issues.values() {
        let about = Subject::Issue(issue.id);
        add_for_comments(
            &mut pending,
            issue.assignee,
            about,
            Reason::Commented,
            &issue.comments,
        );
    }
    for pull_request in state.pull_requests.values() {
        let about = Subject::PullRequest(pull_request.id);
        let reason = Reason::PullRequestCommented;
        add_for_comments(
            &mut pending,
            pull_request.assignee,
            about,
            reason,
            &pull_request.comments,
        );
    }
    pending.sort_by_key(|(_, news)| news.created);
    for (id, (user, news)) in (FIRST_NOTIFICATION..).zip(pending) {
        state.insert_notification(id, user, news);
        let read = news.created < at(2026, 10, 1, 0);
        if let Some(notification) = state.notifications.get_mut(&id) {
            notification.already_read = read;
            notification.resource_already_read = read;
        }
    }
}

fn add_for_comments(
    pending: &mut Vec<(Id, News)>,
    assignee: Option<Id>,
    about: Subject,
    reason: Reason,
    comments: &[crate::model::Comment],
) {
    let Some(user) = assignee else {
        return;
    };
    for comment in comments
        .iter()
        .filter(|comment| comment.created_user != user)
    {
        let news = News {
            reason,
            about,
            comment: Some(comment.id),
            sender: comment.created_user,
            created: comment.created,
        };
        pending.push((user, news));
    }
}
