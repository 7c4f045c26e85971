//! What people are told: notifications, watched issues, activities, stars.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::id::Id;

#[derive(Clone, Debug)]
pub(crate) struct Notification {
    pub id: Id,
    /// Who is told.
    pub user: Id,
    pub sender: Id,
    pub reason: Reason,
    pub about: Subject,
    /// The comment that it is about, if it is.
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

/// What a notification is about.
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

/// Backlog's numbers of the kinds that the simulator makes.
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
    /// Who wrote what it is about.
    pub receiver: Id,
    pub presenter: Id,
    pub created: DateTime<Utc>,
}

/// What a star is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Starred {
    Issue(Id),
    Comment(Id),
    Wiki(Id),
    PullRequest(Id),
    PullRequestComment(Id),
}
