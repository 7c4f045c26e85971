//! `/issues/{issueIdOrKey}/comments`

use actix_web::web::{self, Data, Path};
use serde_json::json;

use super::{created, issue_edit::notified, ok};
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

/// `minId` and `maxId` are exclusive.
async fn list(sim: Data<Sim>, call: Call, issue: Path<String>) -> ApiResult {
    let params = &call.params;
    let state = sim.read();
    let issue = state.issue(call.user, &issue)?;
    let min = params.parsed::<Id>("minId")?.unwrap_or(0);
    let max = params.parsed::<Id>("maxId")?.unwrap_or(Id::MAX);
    let count = params.count()?;
    let mut comments: Vec<_> = issue
        .comments
        .iter()
        .filter(|comment| comment.id > min && comment.id < max)
        .collect();
    if !params.ascending()? {
        comments.reverse();
    }
    let page: Vec<_> = comments
        .into_iter()
        .take(count)
        .map(|comment| CommentView::of(&state, issue, comment))
        .collect();
    ok(&page)
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
    state.add_comment(id, comment, &notify);
    let issue = &state.issues[&id];
    let newest = issue.comments.len() - 1;
    created(&CommentView::of(&state, issue, &issue.comments[newest]))
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
