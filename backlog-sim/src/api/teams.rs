//! `/teams`: read-only, as in spaces with a current plan

use actix_web::web::{self, Data};

use super::responses::ok;
use crate::{auth::Call, error::ApiResult, sim::Sim, view::admin};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.route("/teams", web::get().to(list));
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
