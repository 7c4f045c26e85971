//! `/teams`: read only, as on spaces with a current plan

use actix_web::web::{self, Data, Path};

use super::ok;
use crate::{auth::Call, error::ApiResult, params::malformed, sim::Sim, view::admin};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/teams", web::get().to(list))
        .route("/teams/{id}", web::get().to(show));
}

async fn list(sim: Data<Sim>, call: Call) -> ApiResult {
    let state = sim.read();
    let mut teams: Vec<_> = state.teams.values().collect();
    if !call.params.ascending()? {
        teams.reverse();
    }
    let page = call.params.page(teams)?;
    let views = page.into_iter().map(|team| admin::team(&state, team));
    ok(&views.collect::<Vec<_>>())
}

async fn show(sim: Data<Sim>, _call: Call, id: Path<String>) -> ApiResult {
    let state = sim.read();
    let team = state.team(id.parse().map_err(|_| malformed("teamId", &id))?)?;
    ok(&admin::team(&state, team))
}
