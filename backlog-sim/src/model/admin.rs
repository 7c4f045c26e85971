//! Administration: teams, webhooks, the notice; and recently viewed items.

use chrono::{DateTime, Utc};

use super::id::Id;

#[derive(Clone, Debug)]
pub(crate) struct Team {
    pub id: Id,
    pub name: &'static str,
    pub members: Vec<Id>,
    pub created: DateTime<Utc>,
}

#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    pub id: Id,
    pub name: String,
    pub description: String,
    pub hook_url: String,
    pub all_event: bool,
    /// Empty for all events.
    pub activity_types: Vec<Id>,
    pub created_user: Id,
    pub created: DateTime<Utc>,
    pub updated_user: Id,
    pub updated: DateTime<Utc>,
}

/// The notice shown to all users of the space.
#[derive(Clone, Debug)]
pub(crate) struct SpaceNotice {
    pub content: String,
    pub updated: DateTime<Utc>,
}

/// An item that a user has viewed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Viewed {
    pub user: Id,
    pub thing: Thing,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thing {
    Issue(Id),
    Project(Id),
    Wiki(Id),
}
