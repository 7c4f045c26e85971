//! Notifications, watched issues, activities, stars.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::id::Id;

#[derive(Clone, Debug)]
pub(crate) struct Notification {
    pub id: Id,
    /// The notified user.
    pub user: Id,
    pub sender: Id,
    pub reason: Reason,
    pub about: Subject,
    /// The comment that it is about, if any.
    pub comment: Option<Id>,
    pub already_read: bool,
    pub resource_already_read: bool,
    pub created: DateTime<Utc>,
}

/// Backlog's numbers of the reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Reason {
    Assigned = 1,
    Commented = 2,
    IssueCreated = 3,
    IssueUpdated = 4,
    PullRequestAssigned = 10,
    PullRequestCommented = 11,
    PullRequestAdded = 12,
    PullRequestUpdated = 13,
}

/// The subject of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Issue(Id),
    PullRequest(Id),
}

#[derive(Clone, Debug)]
pub(crate) struct Watching {
    pub id: Id,
    pub user: Id,
    pub issue: Id,
    pub note: String,
    pub resource_already_read: bool,
    pub created: DateTime<Utc>,
    pub updated: DateTime<Utc>,
}

#[derive(Clone, Debug)]
pub(crate) struct Activity {
    pub id: Id,
    pub project_id: Id,
    pub kind: ActivityKind,
    pub user: Id,
    pub created: DateTime<Utc>,
    pub content: Value,
}

/// Backlog's numbers of the activity types that the simulator creates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum ActivityKind {
    IssueCreated = 1,
    IssueUpdated = 2,
    IssueCommented = 3,
    IssueDeleted = 4,
    WikiCreated = 5,
    WikiUpdated = 6,
    WikiDeleted = 7,
    ProjectUserAdded = 15,
    ProjectUserRemoved = 16,
    PullRequestAdded = 18,
    PullRequestUpdated = 19,
    PullRequestCommented = 20,
    MilestoneCreated = 22,
    MilestoneUpdated = 23,
    MilestoneDeleted = 24,
    StatusDeleted = 34,
    DocumentCreated = 36,
    DocumentDeleted = 37,
}

/// A star that a user has received.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Star {
    pub id: Id,
    pub about: Starred,
    /// The author of the starred item.
    pub receiver: Id,
    pub presenter: Id,
    pub created: DateTime<Utc>,
}

/// The subject of a star.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Starred {
    Issue(Id),
    Comment(Id),
    Wiki(Id),
    PullRequest(Id),
    PullRequestComment(Id),
}
