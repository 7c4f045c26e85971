//! `/users`, `/users/myself`, `/users/{userId}`

use actix_web::web::{self, Data, Path};

use super::responses::ok;
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
        .route("/users/{user_id}", web::get().to(show));
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

/// The id in a path, which must be that of a user.
pub(super) fn user_id(state: &State, text: &str) -> Result<Id, ApiError> {
    let id = text.parse().map_err(|_| malformed("userId", text))?;
    Ok(state.user(id)?.id)
}
