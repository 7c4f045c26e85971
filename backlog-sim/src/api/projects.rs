//! `/projects`, `/projects/{projectIdOrKey}`, and who joined it

use actix_web::web::{self, Data, Path};

use super::ok;
use crate::{auth::Call, error::ApiResult, sim::Sim};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/projects", web::get().to(list))
        .route("/projects/{project}", web::get().to(show))
        .route("/projects/{project}/users", web::get().to(members));
}

async fn list(sim: Data<Sim>, call: Call) -> ApiResult {
    let archived = call.params.parsed::<bool>("archived")?;
    let state = sim.read();
    let projects: Vec<_> = state
        .joined(call.user)
        .map(|record| &record.project)
        .filter(|project| archived.is_none_or(|archived| project.archived == archived))
        .collect();
    ok(&projects)
}

async fn show(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    ok(&sim.read().project(call.user, &project)?.project)
}

async fn members(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    let state = sim.read();
    let record = state.project(call.user, &project)?;
    let users: Vec<_> = record
        .members
        .iter()
        .filter_map(|id| state.users.get(id))
        .collect();
    ok(&users)
}
