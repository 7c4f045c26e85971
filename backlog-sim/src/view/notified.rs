//! The notifications of a comment.

use serde::Serialize;

use crate::{
    model::{Comment, Id, User},
    state::State,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NotificationView<'a> {
    id: Id,
    already_read: bool,
    reason: u8,
    user: Option<&'a User>,
    resource_already_read: bool,
}

/// The notified users of a comment, with Backlog's number of the reason.
pub(crate) fn notified<'a>(
    state: &'a State,
    comment: &Comment,
    reason: u8,
) -> Vec<NotificationView<'a>> {
    let read = |id: &Id| state.notifications.get(id).is_some_and(|n| n.already_read);
    comment
        .notified
        .iter()
        .map(|(id, user)| NotificationView {
            id: *id,
            already_read: read(id),
            reason,
            user: state.users.get(user),
            resource_already_read: false,
        })
        .collect()
}
