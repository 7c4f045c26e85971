//! `/projects/{projectIdOrKey}/versions`; a version is also a milestone

use actix_web::web::{self, Data, Path};

use super::responses::ok;
use crate::{
    auth::Call,
    error::{ApiError, ApiResult},
    model::{ActivityKind, Id, Version},
    params::{Params, malformed},
    sim::Sim,
    state::State,
    view::activity,
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/projects/{project}/versions", web::get().to(list))
        .route("/projects/{project}/versions", web::post().to(add))
        .route("/projects/{project}/versions/{id}", web::patch().to(update))
        .route(
            "/projects/{project}/versions/{id}",
            web::delete().to(delete),
        );
}

async fn list(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    ok(&sim.read().project(call.user, &project)?.versions)
}

async fn add(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let id = state.next_id();
    let record = state.project_mut(call.user, &project)?;
    let mut version = Version {
        id,
        project_id: record.project.id,
        name: String::new(),
        description: None,
        start_date: None,
        release_due_date: None,
        archived: false,
        display_order: record
            .versions
            .last()
            .map_or(0, |last| last.display_order + 1),
    };
    apply(&call.params, &mut version)?;
    record.versions.push(version.clone());
    record_change(
        &mut state,
        &sim,
        &call,
        ActivityKind::MilestoneCreated,
        &version,
    );
    ok(&version)
}

async fn update(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let record = state.project_mut(call.user, &path.0)?;
    let place = place(&record.versions, &path.1)?;
    let mut version = record.versions[place].clone();
    apply(&call.params, &mut version)?;
    if let Some(archived) = call.params.parsed("archived")? {
        version.archived = archived;
    }
    record.versions[place] = version.clone();
    record_change(
        &mut state,
        &sim,
        &call,
        ActivityKind::MilestoneUpdated,
        &version,
    );
    ok(&version)
}

async fn delete(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let record = state.project_mut(call.user, &path.0)?;
    let place = place(&record.versions, &path.1)?;
    let version = record.versions.remove(place);
    for issue in state.issues.values_mut() {
        issue.versions.retain(|id| *id != version.id);
        issue.milestones.retain(|id| *id != version.id);
    }
    record_change(
        &mut state,
        &sim,
        &call,
        ActivityKind::MilestoneDeleted,
        &version,
    );
    ok(&version)
}

fn record_change(state: &mut State, sim: &Sim, call: &Call, kind: ActivityKind, version: &Version) {
    let content = activity::version(version);
    state.record(
        kind,
        version.project_id,
        call.user,
        sim.clock.now(),
        content,
    );
}

/// The name is required, also for a change.
fn apply(params: &Params, version: &mut Version) -> Result<(), ApiError> {
    params.require("name")?.clone_into(&mut version.name);
    if let Some(description) = params.get("description") {
        version.description = Some(description.to_owned());
    }
    if params.get("startDate").is_some() {
        version.start_date = params.date("startDate")?;
    }
    if params.get("releaseDueDate").is_some() {
        version.release_due_date = params.date("releaseDueDate")?;
    }
    match (version.start_date, version.release_due_date) {
        (Some(start), Some(due)) if due < start => {
            Err(malformed("releaseDueDate", &due.to_string()))
        }
        _ => Ok(()),
    }
}

fn place(versions: &[Version], id: &str) -> Result<usize, ApiError> {
    versions
        .iter()
        .position(|version| id.parse::<Id>() == Ok(version.id))
        .ok_or_else(|| ApiError::no_resource(format!("No version. (id:{id})")))
}
