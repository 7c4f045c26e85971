//! `/projects/{projectIdOrKey}/categories`

use actix_web::web::{self, Data, Path};

use super::responses::ok;
use crate::{
    auth::Call,
    error::{ApiError, ApiResult},
    model::{Category, Id},
    sim::Sim,
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/projects/{project}/categories", web::get().to(list))
        .route("/projects/{project}/categories", web::post().to(add))
        .route(
            "/projects/{project}/categories/{id}",
            web::patch().to(update),
        )
        .route(
            "/projects/{project}/categories/{id}",
            web::delete().to(delete),
        );
}

async fn list(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    ok(&sim.read().project(call.user, &project)?.categories)
}

async fn add(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let id = state.next_id();
    let record = state.project_mut(call.user, &project)?;
    let category = Category {
        id,
        project_id: record.project.id,
        name: call.params.require("name")?.to_owned(),
        display_order: record
            .categories
            .last()
            .map_or(0, |last| last.display_order + 1),
    };
    record.categories.push(category.clone());
    ok(&category)
}

async fn update(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let record = state.project_mut(call.user, &path.0)?;
    let place = place(&record.categories, &path.1)?;
    call.params
        .require("name")?
        .clone_into(&mut record.categories[place].name);
    ok(&record.categories[place])
}

async fn delete(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let record = state.project_mut(call.user, &path.0)?;
    let place = place(&record.categories, &path.1)?;
    let category = record.categories.remove(place);
    for issue in state.issues.values_mut() {
        issue.categories.retain(|id| *id != category.id);
    }
    ok(&category)
}

fn place(categories: &[Category], id: &str) -> Result<usize, ApiError> {
    categories
        .iter()
        .position(|category| id.parse::<Id>() == Ok(category.id))
        .ok_or_else(|| ApiError::no_resource(format!("No category. (id:{id})")))
}
