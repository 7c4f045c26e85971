//! An event that users are notified of.

use chrono::{DateTime, Utc};

use crate::model::{Id, Reason, Subject};

/// A reason to notify users.
#[derive(Clone, Copy, Debug)]
pub(crate) struct News {
    pub reason: Reason,
    pub about: Subject,
    pub comment: Option<Id>,
    pub sender: Id,
    pub created: DateTime<Utc>,
}
