//! `/activities/{activityId}`, `/space/activities`, `/projects/{projectIdOrKey}/activities`,
//! `/users/{userId}/activities`

use actix_web::web::{self, Data, Path};

use super::{responses::ok, users::user_id};
use crate::{
    auth::Call,
    error::{ApiError, ApiResult},
    model::{Activity, Id},
    sim::Sim,
    state::State,
    view::feed,
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/activities/{id}", web::get().to(show))
        .route("/space/activities", web::get().to(of_space))
        .route("/projects/{project}/activities", web::get().to(of_project))
        .route("/users/{user_id}/activities", web::get().to(of_user));
}

async fn show(sim: Data<Sim>, call: Call, id: Path<String>) -> ApiResult {
    let state = sim.read();
    let activity = id
        .parse()
        .ok()
        .and_then(|id: Id| state.activities.get(&id))
        .filter(|activity| state.has_joined(call.user, activity.project_id))
        .ok_or_else(|| ApiError::no_resource(format!("No activity. (id:{id})")))?;
    ok(&feed::activity(&state, activity))
}

async fn of_space(sim: Data<Sim>, call: Call) -> ApiResult {
    page(&sim.read(), &call, |_| true)
}

async fn of_project(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    let state = sim.read();
    let id = state.project(call.user, &project)?.project.id;
    page(&state, &call, |activity| activity.project_id == id)
}

async fn of_user(sim: Data<Sim>, call: Call, user: Path<String>) -> ApiResult {
    let state = sim.read();
    let id = user_id(&state, &user)?;
    page(&state, &call, |activity| activity.user == id)
}

/// A page of the activities in the projects that the user has joined.
fn page(state: &State, call: &Call, wanted: impl Fn(&Activity) -> bool) -> ApiResult {
    let kinds = call.params.ids("activityTypeId")?;
    let activities = state
        .activities
        .values()
        .filter(|activity| state.has_joined(call.user, activity.project_id))
        .filter(|activity| {
            let kind = Id::from(activity.kind as u8);
            kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind))
        })
        .filter(|activity| wanted(activity));
    let page = call.params.page_by_id(activities, |activity| activity.id)?;
    let views = page.iter().map(|activity| feed::activity(state, activity));
    ok(&views.collect::<Vec<_>>())
}
