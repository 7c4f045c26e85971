//! `/issues/{issueIdOrKey}/comments`

use actix_web::web::{self, Data, Path};
use serde_json::json;

use super::{
    issue_changes::attached,
    issue_edit::{notified, record_comment},
    responses::{created, ok},
};
use crate::{
    auth::Call,
    error::{ApiError, ApiResult},
    model::{Comment, Id, Issue, Reason, Starred, Subject},
    params::malformed,
    sim::Sim,
    state::News,
    view::{CommentView, notified as notified_users},
};

const NOTIFICATIONS: &str = "/issues/{issue}/comments/{comment}/notifications";

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
        )
        .route(NOTIFICATIONS, web::get().to(notifications))
        .route(NOTIFICATIONS, web::post().to(notify));
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
    let files = state.uploads(call.user, &call.params)?;
    let notify = notified(&call.params, state.project_of(&state.issues[&id]))?;
    let comment = Comment {
        changes: attached(&files),
        ..Comment::new(Some(content), call.user, sim.clock.now())
    };
    state.use_up(&files);
    if let Some(issue) = state.issues.get_mut(&id) {
        issue.attachments.extend(files);
    }
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
    let response = ok(&CommentView::of(&state, issue, &issue.comments[place]));
    if let Some(issue) = state.issues.get_mut(&id) {
        let comment = issue.comments.remove(place);
        state.forget_stars(Starred::Comment(comment.id));
    }
    response
}

async fn notifications(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let state = sim.read();
    let issue = state.issue(call.user, &path.0)?;
    let comment = &issue.comments[place(issue, &path.1)?];
    ok(&notified_users(&state, comment, Reason::Commented as u8))
}

/// Notifies more users of a comment; only its author may do so.
async fn notify(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let mut state = sim.write();
    let issue = state.issue(call.user, &path.0)?;
    let (id, place) = (issue.id, own_place(&call, issue, &path.1)?);
    let comment = issue.comments[place].id;
    let users = notified(&call.params, state.project_of(issue))?;
    if users.is_empty() {
        return Err(ApiError::invalid("notifiedUserId[] is required."));
    }
    let news = News {
        reason: Reason::Commented,
        about: Subject::Issue(id),
        comment: Some(comment),
        sender: call.user,
        created: sim.clock.now(),
    };
    let more = state.notify(&users, news);
    if let Some(issue) = state.issues.get_mut(&id) {
        issue.comments[place].notified.extend(more);
    }
    let issue = &state.issues[&id];
    ok(&CommentView::of(&state, issue, &issue.comments[place]))
}

/// The place of the comment among those of the issue.
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

/// Like [`place`], for a comment that must be the caller's own.
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
