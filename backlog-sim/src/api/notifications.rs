//! `/notifications`: the caller's own

use actix_web::web::{self, Data, Path};
use serde_json::json;

use super::responses::{no_content, ok};
use crate::{
    auth::Call,
    error::{ApiError, ApiResult},
    model::{Id, Notification},
    sim::Sim,
    view::feed,
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/notifications", web::get().to(list))
        .route("/notifications/count", web::get().to(count))
        .route("/notifications/markAsRead", web::post().to(reset_unread))
        .route(
            "/notifications/{id}/markAsRead",
            web::post().to(mark_as_read),
        );
}

async fn list(sim: Data<Sim>, call: Call) -> ApiResult {
    let sender = call.params.parsed::<Id>("senderId")?;
    let state = sim.read();
    let mine = state
        .notifications
        .values()
        .filter(|notification| notification.user == call.user)
        .filter(|notification| sender.is_none_or(|sender| notification.sender == sender));
    let page = call
        .params
        .page_by_id(mine, |notification| notification.id)?;
    let views = page
        .into_iter()
        .map(|notification| feed::notification(&state, notification));
    ok(&views.collect::<Vec<_>>())
}

async fn count(sim: Data<Sim>, call: Call) -> ApiResult {
    let read = call.params.parsed::<bool>("alreadyRead")?;
    let resource_read = call.params.parsed::<bool>("resourceAlreadyRead")?;
    let state = sim.read();
    let count = state
        .notifications
        .values()
        .filter(|notification| {
            notification.user == call.user
                && read.is_none_or(|read| notification.already_read == read)
                && resource_read.is_none_or(|read| notification.resource_already_read == read)
        })
        .count();
    ok(&json!({ "count": count }))
}

/// Resets the number of unread notifications, but marks none as read.
async fn reset_unread(sim: Data<Sim>, call: Call) -> ApiResult {
    let mut state = sim.write();
    let mut count = 0;
    let unread = |notification: &&mut Notification| {
        notification.user == call.user && !notification.already_read
    };
    for notification in state.notifications.values_mut().filter(unread) {
        notification.already_read = true;
        count += 1;
    }
    ok(&json!({ "count": count }))
}

async fn mark_as_read(sim: Data<Sim>, call: Call, id: Path<String>) -> ApiResult {
    let mut state = sim.write();
    let notification = id
        .parse()
        .ok()
        .and_then(|id: Id| state.notifications.get_mut(&id))
        .filter(|notification| notification.user == call.user)
        .ok_or_else(|| ApiError::no_resource(format!("No notification. (id:{id})")))?;
    notification.already_read = true;
    notification.resource_already_read = true;
    no_content()
}
