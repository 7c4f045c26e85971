//! The members of a project: `/projects/{projectIdOrKey}/users`, `…/administrators`, `…/teams`
//!
//! A user who joined both directly and through a team stays when one of the two ends.

use actix_web::web::{self, Data, Path};
use serde_json::json;

use super::responses::ok;
use crate::{
    auth::Call,
    error::{ApiError, ApiResult},
    model::{ActivityKind, Id},
    sim::Sim,
    state::State,
    view::admin,
};

const USERS: &str = "/projects/{project}/users";
const ADMINISTRATORS: &str = "/projects/{project}/administrators";
const TEAMS: &str = "/projects/{project}/teams";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route(USERS, web::get().to(users))
        .route(USERS, web::post().to(add_user))
        .route(USERS, web::delete().to(remove_user))
        .route(ADMINISTRATORS, web::get().to(administrators))
        .route(ADMINISTRATORS, web::post().to(add_administrator))
        .route(ADMINISTRATORS, web::delete().to(remove_administrator))
        .route(TEAMS, web::get().to(teams))
        .route(TEAMS, web::post().to(add_team))
        .route(TEAMS, web::delete().to(remove_team));
}

async fn users(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    let without_teams = call.params.parsed("excludeGroupMembers")?.unwrap_or(false);
    let state = sim.read();
    let record = state.project(call.user, &project)?;
    let ids = match without_teams {
        true => &record.joined,
        false => &record.members,
    };
    let users = ids.iter().filter_map(|id| state.users.get(id));
    ok(&users.collect::<Vec<_>>())
}

async fn add_user(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    let mut state = sim.write();
    let user = user(&state, &call)?;
    let record = state.administrated(call.user, &project)?;
    let id = record.project.id;
    if !record.joined.insert(user) {
        return Err(ApiError::invalid("The user is in the project already."));
    }
    settle(
        &mut state,
        &sim,
        &call,
        id,
        user,
        ActivityKind::ProjectUserAdded,
    );
    ok(state.user(user)?)
}

async fn remove_user(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    let mut state = sim.write();
    let user = user(&state, &call)?;
    let record = state.administrated(call.user, &project)?;
    let id = record.project.id;
    if !record.joined.remove(&user) {
        return Err(not_in_the_project(user));
    }
    settle(
        &mut state,
        &sim,
        &call,
        id,
        user,
        ActivityKind::ProjectUserRemoved,
    );
    ok(state.user(user)?)
}

async fn administrators(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    let state = sim.read();
    let ids = &state.project(call.user, &project)?.administrators;
    let users = ids.iter().filter_map(|id| state.users.get(id));
    ok(&users.collect::<Vec<_>>())
}

async fn add_administrator(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    let mut state = sim.write();
    state.must_administrate(call.user)?;
    let user = user(&state, &call)?;
    let record = state.project_mut(call.user, &project)?;
    if !record.members.contains(&user) {
        return Err(not_in_the_project(user));
    }
    record.administrators.insert(user);
    ok(state.user(user)?)
}

async fn remove_administrator(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    let mut state = sim.write();
    state.must_administrate(call.user)?;
    let user = user(&state, &call)?;
    let record = state.project_mut(call.user, &project)?;
    if !record.administrators.remove(&user) {
        return Err(ApiError::no_resource(format!(
            "No project administrator. (id:{user})"
        )));
    }
    ok(state.user(user)?)
}

async fn teams(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    let state = sim.read();
    let ids = &state.project(call.user, &project)?.teams;
    let teams = ids.iter().filter_map(|id| state.teams.get(id));
    let views = teams.map(|team| admin::team(&state, team));
    ok(&views.collect::<Vec<_>>())
}

async fn add_team(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    let mut state = sim.write();
    let team = state.team(call.params.require_id("teamId")?)?.id;
    let record = state.administrated(call.user, &project)?;
    let id = record.project.id;
    if !record.teams.insert(team) {
        return Err(ApiError::invalid("The team is in the project already."));
    }
    state.settle_members(id);
    ok(&admin::team(&state, state.team(team)?))
}

async fn remove_team(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    let mut state = sim.write();
    let team = state.team(call.params.require_id("teamId")?)?.id;
    let record = state.administrated(call.user, &project)?;
    let id = record.project.id;
    if !record.teams.remove(&team) {
        return Err(ApiError::no_resource(format!(
            "No project team. (id:{team})"
        )));
    }
    state.settle_members(id);
    ok(&admin::team(&state, state.team(team)?))
}

/// The user named in a form.
fn user(state: &State, call: &Call) -> Result<Id, ApiError> {
    Ok(state.user(call.params.require_id("userId")?)?.id)
}

fn not_in_the_project(user: Id) -> ApiError {
    ApiError::no_resource(format!("No project user. (id:{user})"))
}

fn settle(state: &mut State, sim: &Sim, call: &Call, project: Id, user: Id, kind: ActivityKind) {
    state.settle_members(project);
    let name = state.users.get(&user).map(|user| &user.name);
    let users = json!([{ "id": user, "name": name }]);
    let content = json!({ "users": users, "group_project_activities": [], "comment": "" });
    state.record(kind, project, call.user, sim.clock.now(), content);
}
