//! `…/pullRequests/{number}/comments`

use actix_web::web::{self, Data, Path};
use serde_json::json;

use super::{
    issue_edit::notified,
    pull_requests::{add_comment, record},
    responses::ok,
};
use crate::{
    auth::Call,
    error::{ApiError, ApiResult},
    model::{ActivityKind, Comment, Id, Reason},
    sim::Sim,
    view::content,
};

const PATH: &str =
    "/projects/{project}/git/repositories/{repository}/pullRequests/{number}/comments";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route(PATH, web::get().to(list))
        .route(PATH, web::post().to(add))
        .route(&format!("{PATH}/count"), web::get().to(count))
        .route(&format!("{PATH}/{{comment}}"), web::patch().to(update));
}

async fn list(sim: Data<Sim>, call: Call, path: Path<(String, String, String)>) -> ApiResult {
    let state = sim.read();
    let pull_request = state.pull_request(call.user, &path.0, &path.1, &path.2)?;
    let comments = pull_request.comments.iter();
    let page = call.params.page_by_id(comments, |comment| comment.id)?;
    let views = page
        .into_iter()
        .map(|comment| content::pull_request_comment(&state, comment));
    ok(&views.collect::<Vec<_>>())
}

async fn count(sim: Data<Sim>, call: Call, path: Path<(String, String, String)>) -> ApiResult {
    let state = sim.read();
    let pull_request = state.pull_request(call.user, &path.0, &path.1, &path.2)?;
    ok(&json!({ "count": pull_request.comments.len() }))
}

async fn add(sim: Data<Sim>, call: Call, path: Path<(String, String, String)>) -> ApiResult {
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let pull_request = state.pull_request(call.user, &path.0, &path.1, &path.2)?;
    let id = pull_request.id;
    let text = call.params.require("content")?.to_owned();
    let notify = notified(&call.params, &state.projects[&pull_request.project_id])?;
    let files = state.uploads(call.user, &call.params)?;
    state.use_up(&files);
    if let Some(pull_request) = state.pull_requests.get_mut(&id) {
        pull_request.attachments.extend(files);
    }
    let comment = Comment::new(Some(text), call.user, sim.clock.now());
    let reason = Reason::PullRequestCommented;
    let comment = add_comment(&mut state, id, comment, reason, &notify);
    record(
        &mut state,
        ActivityKind::PullRequestCommented,
        id,
        Some(comment),
    );
    let comments = &state.pull_requests[&id].comments;
    ok(&content::pull_request_comment(
        &state,
        &comments[comments.len() - 1],
    ))
}

/// Only the author may change a comment.
async fn update(
    sim: Data<Sim>,
    call: Call,
    path: Path<(String, String, String, String)>,
) -> ApiResult {
    let now = sim.clock.now();
    let mut state = sim.write();
    let pull_request = state.pull_request(call.user, &path.0, &path.1, &path.2)?;
    let (id, mut comments) = (pull_request.id, pull_request.comments.iter());
    let place = comments
        .position(|comment| path.3.parse::<Id>() == Ok(comment.id))
        .ok_or_else(|| ApiError::no_resource(format!("No comment. (id:{})", path.3)))?;
    if pull_request.comments[place].created_user != call.user {
        return Err(ApiError::unauthorized_operation(
            "Only its writer may change a comment.",
        ));
    }
    let text = call.params.require("content")?.to_owned();
    if let Some(pull_request) = state.pull_requests.get_mut(&id) {
        let comment = &mut pull_request.comments[place];
        comment.content = Some(text);
        comment.updated = now;
    }
    let comment = &state.pull_requests[&id].comments[place];
    ok(&content::pull_request_comment(&state, comment))
}
