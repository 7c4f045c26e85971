//! `/watchings`, `/users/{userId}/watchings`

use actix_web::web::{self, Data, Path};
use serde_json::json;

use super::{
    responses::{created, no_content, ok},
    users::user_id,
};
use crate::{
    auth::Call,
    error::{ApiError, ApiResult},
    model::{Id, Watching},
    params::malformed,
    sim::Sim,
    state::State,
    view::feed,
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/users/{user_id}/watchings", web::get().to(list))
        .route("/users/{user_id}/watchings/count", web::get().to(count))
        .route("/watchings", web::post().to(add))
        .route("/watchings/{id}", web::get().to(show))
        .route("/watchings/{id}", web::patch().to(update))
        .route("/watchings/{id}", web::delete().to(delete))
        .route("/watchings/{id}/markAsRead", web::post().to(mark_as_read));
}

async fn list(sim: Data<Sim>, call: Call, user: Path<String>) -> ApiResult {
    let state = sim.read();
    let mut found = filtered(&state, &call, &user)?;
    match call.params.filled("sort") {
        None | Some("issueUpdated") => {
            found.sort_by_key(|watching| (state.issues[&watching.issue].updated, watching.id));
        }
        Some("created") => found.sort_by_key(|watching| (watching.created, watching.id)),
        Some("updated") => found.sort_by_key(|watching| (watching.updated, watching.id)),
        Some(other) => return Err(malformed("sort", other)),
    }
    if !call.params.ascending()? {
        found.reverse();
    }
    let page = call.params.page(found)?;
    let views = page
        .into_iter()
        .map(|watching| feed::watching(&state, watching));
    ok(&views.collect::<Vec<_>>())
}

async fn count(sim: Data<Sim>, call: Call, user: Path<String>) -> ApiResult {
    let state = sim.read();
    ok(&json!({ "count": filtered(&state, &call, &user)?.len() }))
}

async fn show(sim: Data<Sim>, call: Call, id: Path<String>) -> ApiResult {
    let state = sim.read();
    ok(&feed::watching(
        &state,
        &state.watchings[&own(&state, &call, &id)?],
    ))
}

async fn add(sim: Data<Sim>, call: Call) -> ApiResult {
    let now = sim.clock.now();
    let mut state = sim.write();
    let issue = state
        .issue(call.user, call.params.require("issueIdOrKey")?)?
        .id;
    let mut watchings = state.watchings.values();
    if watchings.any(|watching| watching.user == call.user && watching.issue == issue) {
        return Err(ApiError::invalid("The issue is already being watched."));
    }
    let watching = Watching {
        id: state.next_id(),
        user: call.user,
        issue,
        note: call.params.get("note").unwrap_or_default().to_owned(),
        resource_already_read: true,
        created: now,
        updated: now,
    };
    state.watchings.insert(watching.id, watching.clone());
    created(&feed::watching(&state, &watching))
}

async fn update(sim: Data<Sim>, call: Call, id: Path<String>) -> ApiResult {
    let mut state = sim.write();
    let id = own(&state, &call, &id)?;
    if let Some(watching) = state.watchings.get_mut(&id) {
        if let Some(note) = call.params.get("note") {
            note.clone_into(&mut watching.note);
        }
        watching.updated = sim.clock.now();
    }
    ok(&feed::watching(&state, &state.watchings[&id]))
}

async fn delete(sim: Data<Sim>, call: Call, id: Path<String>) -> ApiResult {
    let mut state = sim.write();
    let id = own(&state, &call, &id)?;
    let response = ok(&feed::watching(&state, &state.watchings[&id]));
    state.watchings.remove(&id);
    response
}

async fn mark_as_read(sim: Data<Sim>, call: Call, id: Path<String>) -> ApiResult {
    let mut state = sim.write();
    let id = own(&state, &call, &id)?;
    if let Some(watching) = state.watchings.get_mut(&id) {
        watching.resource_already_read = true;
    }
    no_content()
}

/// A user's watched issues that the caller can see.
fn filtered<'a>(state: &'a State, call: &Call, user: &str) -> Result<Vec<&'a Watching>, ApiError> {
    let user = user_id(state, user)?;
    let read = call.params.parsed::<bool>("resourceAlreadyRead")?;
    let issues = call.params.ids("issueId")?;
    let found = state.watchings.values().filter(|watching| {
        let project = state.issues[&watching.issue].project_id;
        watching.user == user
            && state.has_joined(call.user, project)
            && read.is_none_or(|read| watching.resource_already_read == read)
            && issues
                .as_ref()
                .is_none_or(|issues| issues.contains(&watching.issue))
    });
    Ok(found.collect())
}

/// The id of one of the caller's own watchings.
fn own(state: &State, call: &Call, id: &str) -> Result<Id, ApiError> {
    id.parse()
        .ok()
        .filter(|id| state.watchings.get(id).is_some_and(|w| w.user == call.user))
        .ok_or_else(|| ApiError::no_resource(format!("No watching. (id:{id})")))
}
