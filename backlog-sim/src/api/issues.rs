//! `/issues/{issueIdOrKey}`

use actix_web::web::{self, Data, Path};

use super::ok;
use crate::{auth::Call, error::ApiResult, sim::Sim, view::IssueView};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.route("/issues/{issue}", web::get().to(show));
}

async fn show(sim: Data<Sim>, call: Call, issue: Path<String>) -> ApiResult {
    let state = sim.read();
    ok(&IssueView::of(&state, state.issue(call.user, &issue)?))
}
