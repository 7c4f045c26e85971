//! `/issues/{issueIdOrKey}/comments`

use actix_web::web::{self, Data, Path};
use serde_json::json;

use super::{
    created,
    issue_edit::{notified, record_comment},
    ok,
};
use crate::{
    auth::Call,
    error::{ApiError, ApiResult},
    model::{Comment, Id, Issue},
    params::malformed,
    sim::Sim,
    view::CommentView,
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/issues/{issue}/comments", web::get().to(list))
        .route("/issues/{issue}/comments", web::post().to(add))
        .route("/issues/{issue}/comments/count", web::get().to(count))
        .route("/issues/{issue}/comments/{comment}", web::get().to(show))
        .route(
            "/issues/{issue}/comments/{comment}",
            web::patch().to(update),
        )
        .route(
            "/issues/{issue}/comments/{comment}",
            web::delete().to(delete),
        );
}

async fn list(sim: Data<Sim>, call: Call, issue: Path<String>) -> ApiResult {
    let state = sim.read();
    let issue = state.issue(call.user, &issue)?;
    let page = call
        .params
        .page_by_id(issue.comments.iter(), |comment| comment.id)?;
    let views = page
        .into_iter()
        .map(|comment| CommentView::of(&state, issue, comment));
    ok(&views.collect::<Vec<_>>())
}

async fn count(sim: Data<Sim>, call: Call, issue: Path<String>) -> ApiResult {
    let state = sim.read();
    ok(&json!({ "count": state.issue(call.user, &issue)?.comments.len() }))
}

async fn show(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let state = sim.read();
    let issue = state.issue(call.user, &path.0)?;
    let place = place(issue, &path.1)?;
    ok(&CommentView::of(&state, issue, &issue.comments[place]))
}

async fn add(sim: Data<Sim>, call: Call, issue: Path<String>) -> ApiResult {
    let mut state = sim.write();
    let id = state.issue(call.user, &issue)?.id;
    state.may_edit(call.user)?;
    let content = call.params.require("content")?.to_owned();
    if let Some(id) = call
        .params
        .ids("attachmentId")?
        .and_then(|ids| ids.first().copied())
    {
        return Err(ApiError::invalid(format!("No such attachment. (id:{id})")));
    }
    let notify = notified(&call.params, state.project_of(&state.issues[&id]))?;
    let comment = Comment::new(Some(content), call.user, sim.clock.now());
    let comment = state.add_comment(id, comment, &notify);
    record_comment(&mut state, id, comment);
    let issue = &state.issues[&id];
    let place = place(issue, &comment.to_string())?;
    created(&CommentView::of(&state, issue, &issue.comments[place]))
}

async fn update(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let mut state = sim.write();
    let issue = state.issue(call.user, &path.0)?;
    let (id, place) = (issue.id, own_place(&call, issue, &path.1)?);
    let content = call.params.require("content")?.to_owned();
    if let Some(issue) = state.issues.get_mut(&id) {
        let comment = &mut issue.comments[place];
        comment.content = Some(content);
        comment.updated = sim.clock.now();
    }
    let issue = &state.issues[&id];
    ok(&CommentView::of(&state, issue, &issue.comments[place]))
}

async fn delete(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let mut state = sim.write();
    let issue = state.issue(call.user, &path.0)?;
    let (id, place) = (issue.id, own_place(&call, issue, &path.1)?);
    let answer = ok(&CommentView::of(&state, issue, &issue.comments[place]));
    if let Some(issue) = state.issues.get_mut(&id) {
        issue.comments.remove(place);
    }
    answer
}

/// Where the comment stands among those of the issue.
fn place(issue: &Issue, comment: &str) -> Result<usize, ApiError> {
    let id: Id = comment
        .parse()
        .map_err(|_| malformed("commentId", comment))?;
    issue
        .comments
        .iter()
        .position(|comment| comment.id == id)
        .ok_or_else(|| ApiError::no_resource(format!("No comment. (id:{id})")))
}

/// As [`place`]; the comment must be the caller's own.
fn own_place(call: &Call, issue: &Issue, comment: &str) -> Result<usize, ApiError> {
    let place = place(issue, comment)?;
    if issue.comments[place].created_user == call.user {
        Ok(place)
    } else {
        Err(ApiError::unauthorized_operation(
            "Only its writer may change a comment.",
        ))
    }
}
