//! `/projects/{projectIdOrKey}/statuses`
//!
//! Every project has Backlog's four, which cannot be changed, and up to eight of its own.

use actix_web::web::{self, Data, Path};
use serde_json::json;

use super::{palette, responses::ok};
use crate::{
    auth::Call,
    error::{ApiError, ApiResult},
    model::{ActivityKind, Id, Status},
    params::malformed,
    sim::Sim,
};

const OPEN: Id = 1;
const IN_PROGRESS: Id = 2;
const RESOLVED: Id = 3;
const CLOSED: Id = 4;

const MOST_OWN: usize = 8;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/projects/{project}/statuses", web::get().to(list))
        .route("/projects/{project}/statuses", web::post().to(add))
        .route(
            "/projects/{project}/statuses/updateDisplayOrder",
            web::patch().to(reorder),
        )
        .route("/projects/{project}/statuses/{id}", web::patch().to(update))
        .route(
            "/projects/{project}/statuses/{id}",
            web::delete().to(delete),
        );
}

async fn list(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    ok(&sim.read().project(call.user, &project)?.statuses)
}

/// Adds a status before "closed".
async fn add(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    let mut state = sim.write();
    state.must_administrate(call.user)?;
    let id = state.next_id();
    let record = state.project_mut(call.user, &project)?;
    let name = call.params.require("name")?;
    let color = palette::status(call.params.require("color")?)?;
    free_name(&record.statuses, name, None)?;
    if record.statuses.iter().filter(|s| s.id > CLOSED).count() == MOST_OWN {
        return Err(ApiError::overflow("There are too many statuses."));
    }
    let place = record.statuses.len().saturating_sub(1);
    let previous = &record.statuses[place.saturating_sub(1)];
    let status = Status {
        id,
        project_id: record.project.id,
        name: name.to_owned(),
        color: color.to_owned(),
        display_order: previous.display_order + 100,
    };
    record.statuses.insert(place, status.clone());
    ok(&status)
}

async fn update(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let mut state = sim.write();
    state.must_administrate(call.user)?;
    let record = state.project_mut(call.user, &path.0)?;
    let place = own(&record.statuses, &path.1)?;
    let mut status = record.statuses[place].clone();
    if let Some(name) = call.params.filled("name") {
        free_name(&record.statuses, name, Some(status.id))?;
        name.clone_into(&mut status.name);
    }
    if let Some(color) = call.params.get("color") {
        palette::status(color)?.clone_into(&mut status.color);
    }
    record.statuses[place] = status.clone();
    ok(&status)
}

/// Sets the order of all of the project's statuses: open first, closed last, in progress before
/// resolved.
async fn reorder(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    let mut state = sim.write();
    state.must_administrate(call.user)?;
    let ids = call.params.ids("statusId")?.unwrap_or_default();
    let record = state.project_mut(call.user, &project)?;
    let place = |id: Id| ids.iter().position(|other| *other == id);
    let complete =
        ids.len() == record.statuses.len() && record.statuses.iter().all(|s| place(s.id).is_some());
    let in_order = ids.first() == Some(&OPEN)
        && ids.last() == Some(&CLOSED)
        && place(IN_PROGRESS) < place(RESOLVED);
    if !complete || !in_order {
        return Err(ApiError::invalid("Invalid value for statusId[]."));
    }
    for (display_order, id) in (1..).zip(&ids) {
        if let Some(status) = record.statuses.iter_mut().find(|s| s.id == *id) {
            status.display_order = 1000 * display_order;
        }
    }
    record.statuses.sort_by_key(|status| status.display_order);
    ok(&record.statuses)
}

/// Issues with this status get the substitute.
async fn delete(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let mut state = sim.write();
    state.must_administrate(call.user)?;
    let substitute = call.params.require_id("substituteStatusId")?;
    let record = state.project_mut(call.user, &path.0)?;
    let place = own(&record.statuses, &path.1)?;
    let id = record.statuses[place].id;
    if substitute == id || !record.statuses.iter().any(|s| s.id == substitute) {
        return Err(malformed("substituteStatusId", &substitute.to_string()));
    }
    let status = record.statuses.remove(place);
    let mut changed = Vec::new();
    for issue in state.issues.values_mut().filter(|i| i.status == id) {
        issue.status = substitute;
        changed.push(json!({ "id": issue.id, "key_id": issue.key_id, "title": issue.summary }));
    }
    state.record(
        ActivityKind::StatusDeleted,
        status.project_id,
        call.user,
        sim.clock.now(),
        json!({ "deletedStatus": { "name": status.name }, "link": changed }),
    );
    ok(&status)
}

/// The place of one of the project's own statuses.
fn own(statuses: &[Status], id: &str) -> Result<usize, ApiError> {
    let place = statuses
        .iter()
        .position(|status| id.parse::<Id>() == Ok(status.id))
        .ok_or_else(|| ApiError::no_resource(format!("No status. (id:{id})")))?;
    match statuses[place].id > CLOSED {
        true => Ok(place),
        false => Err(ApiError::invalid("This status cannot be changed.")),
    }
}

fn free_name(statuses: &[Status], name: &str, own: Option<Id>) -> Result<(), ApiError> {
    let mut others = statuses.iter().filter(|status| Some(status.id) != own);
    match others.any(|status| status.name == name) {
        true => Err(malformed("name", name)),
        false => Ok(()),
    }
}
