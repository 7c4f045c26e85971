//! `/projects/{projectIdOrKey}/issueTypes`, `…/statuses`, `…/customFields`: read only

use actix_web::web::{self, Data, Path};

use super::ok;
use crate::{auth::Call, error::ApiResult, sim::Sim};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/projects/{project}/issueTypes", web::get().to(issue_types))
        .route("/projects/{project}/statuses", web::get().to(statuses))
        .route(
            "/projects/{project}/customFields",
            web::get().to(custom_fields),
        );
}

async fn issue_types(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    ok(&sim.read().project(call.user, &project)?.issue_types)
}

async fn statuses(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    ok(&sim.read().project(call.user, &project)?.statuses)
}

async fn custom_fields(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    ok(&sim.read().project(call.user, &project)?.custom_fields)
}
