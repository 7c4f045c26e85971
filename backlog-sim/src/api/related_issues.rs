//! `/issues/{issueIdOrKey}/relatedIssues`

use actix_web::web::{self, Data, Path};

use super::responses::ok;
use crate::{
    auth::Call,
    error::{ApiError, ApiResult},
    model::Id,
    params::malformed,
    sim::Sim,
    state::State,
    view::RelatedIssueView,
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/issues/{issue}/relatedIssues", web::get().to(list))
        .route("/issues/{issue}/relatedIssues", web::post().to(add))
        .route(
            "/issues/{issue}/relatedIssues/{related}",
            web::delete().to(delete),
        );
}

async fn list(sim: Data<Sim>, call: Call, issue: Path<String>) -> ApiResult {
    let state = sim.read();
    let id = state.issue(call.user, &issue)?.id;
    let related = state.related.iter().filter_map(|pair| match *pair {
        (one, other) if one == id => Some(other),
        (other, one) if one == id => Some(other),
        _ => None,
    });
    let views = related
        .filter_map(|id| state.issue(call.user, &id.to_string()).ok())
        .map(|issue| RelatedIssueView::of(&state, issue));
    ok(&views.collect::<Vec<_>>())
}

async fn add(sim: Data<Sim>, call: Call, issue: Path<String>) -> ApiResult {
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let id = state.issue(call.user, &issue)?.id;
    let target = call.params.require_id("targetIssueId")?;
    let target = state.issue(call.user, &target.to_string())?.id;
    if target == id || !state.related.insert(pair(id, target)) {
        return Err(malformed("targetIssueId", &target.to_string()));
    }
    linked(&state, target)
}

async fn delete(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let id = state.issue(call.user, &path.0)?.id;
    let target = state.issue(call.user, &path.1)?.id;
    if !state.related.remove(&pair(id, target)) {
        return Err(ApiError::no_resource(format!("No relation. (id:{target})")));
    }
    linked(&state, target)
}

fn linked(state: &State, id: Id) -> ApiResult {
    ok(&RelatedIssueView::of(state, &state.issues[&id]))
}

fn pair(one: Id, other: Id) -> (Id, Id) {
    (one.min(other), one.max(other))
}
