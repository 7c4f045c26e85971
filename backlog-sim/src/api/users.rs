//! `/users`, `/users/myself`, `/users/{userId}`, and the stars that a user has received

use actix_web::web::{self, Data, Path};

use serde_json::json;

use super::ok;
use crate::{
    auth::Call,
    error::{ApiError, ApiResult},
    model::Id,
    params::malformed,
    sim::Sim,
    state::State,
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/users", web::get().to(list))
        .route("/users/myself", web::get().to(myself))
        .route("/users/{user_id}", web::get().to(show))
        .route("/users/{user_id}/stars/count", web::get().to(count_stars));
}

async fn list(sim: Data<Sim>, _call: Call) -> ApiResult {
    ok(&sim.read().users.values().collect::<Vec<_>>())
}

async fn myself(sim: Data<Sim>, call: Call) -> ApiResult {
    ok(sim.read().user(call.user)?)
}

async fn show(sim: Data<Sim>, _call: Call, id: Path<String>) -> ApiResult {
    let state = sim.read();
    ok(state.user(user_id(&state, &id)?)?)
}

/// `since` and `until` are days in UTC, both included.
async fn count_stars(sim: Data<Sim>, call: Call, id: Path<String>) -> ApiResult {
    let state = sim.read();
    let user = user_id(&state, &id)?;
    let (since, until) = (call.params.date("since")?, call.params.date("until")?);
    let stars = state.stars.iter().filter(|star| star.receiver == user);
    let count = stars
        .map(|star| star.created.date_naive())
        .filter(|day| since.is_none_or(|since| *day >= since))
        .filter(|day| until.is_none_or(|until| *day <= until))
        .count();
    ok(&json!({ "count": count }))
}

/// The id in a path, of a user there is.
pub(super) fn user_id(state: &State, text: &str) -> Result<Id, ApiError> {
    let id = text.parse().map_err(|_| malformed("userId", text))?;
    Ok(state.user(id)?.id)
}
