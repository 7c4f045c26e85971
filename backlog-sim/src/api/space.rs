//! `/space`, `/rateLimit`

use actix_web::web::{self, Data};

use super::ok;
use crate::{auth::Call, error::ApiResult, sim::Sim};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/space", web::get().to(show))
        .route("/rateLimit", web::get().to(rate_limit));
}

async fn show(sim: Data<Sim>, _call: Call) -> ApiResult {
    ok(&sim.read().space)
}

async fn rate_limit(sim: Data<Sim>, call: Call) -> ApiResult {
    ok(&sim.rate_limiter.report(call.user, sim.clock.now()))
}
