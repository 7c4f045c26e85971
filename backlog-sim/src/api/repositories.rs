//! `/projects/{projectIdOrKey}/git/repositories`: read-only

use actix_web::web::{self, Data, Path};

use super::responses::ok;
use crate::{auth::Call, error::ApiResult, sim::Sim, view::content};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/projects/{project}/git/repositories", web::get().to(list))
        .route(
            "/projects/{project}/git/repositories/{repository}",
            web::get().to(show),
        );
}

async fn list(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    let state = sim.read();
    let project = state.project(call.user, &project)?.project.id;
    let views = state
        .repositories
        .values()
        .filter(|repository| repository.project_id == project)
        .map(|repository| content::repository(&state, repository));
    ok(&views.collect::<Vec<_>>())
}

async fn show(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let state = sim.read();
    let repository = state.repository(call.user, &path.0, &path.1)?;
    ok(&content::repository(&state, repository))
}
