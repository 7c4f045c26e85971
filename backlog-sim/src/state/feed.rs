//! The effects of a change: notifications for the users concerned, and an activity.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{State, news::News};
use crate::model::{Activity, ActivityKind, Id, Notification};

impl State {
    /// Notifies users and returns the ids of the notifications with the users.
    pub(crate) fn notify(&mut self, users: &[Id], news: News) -> Vec<(Id, Id)> {
        users
            .iter()
            .map(|user| {
                let id = self.next_id();
                self.insert_notification(id, *user, news);
                (id, *user)
            })
            .collect()
    }

    pub(crate) fn insert_notification(&mut self, id: Id, user: Id, news: News) {
        let notification = Notification {
            id,
            user,
            sender: news.sender,
            reason: news.reason,
            about: news.about,
            comment: news.comment,
            already_read: false,
            resource_already_read: false,
            created: news.created,
        };
        self.notifications.insert(id, notification);
    }

    /// Adds an activity with the current time.
    pub(crate) fn record(
        &mut self,
        kind: ActivityKind,
        project_id: Id,
        user: Id,
        created: DateTime<Utc>,
        content: Value,
    ) {
        let id = self.next_id();
        let activity = Activity {
            id,
            project_id,
            kind,
            user,
            created,
            content,
        };
        self.activities.insert(id, activity);
    }
}
