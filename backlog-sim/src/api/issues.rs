//! `/issues`, `/issues/count`, `/issues/{issueIdOrKey}`

use std::collections::BTreeSet;

use actix_web::web::{self, Data, Path};
use serde_json::json;

use super::{
    issue_edit,
    issue_filter::IssueFilter,
    issue_sort,
    responses::{created, ok},
};
use crate::{
    auth::Call,
    error::ApiResult,
    model::{ActivityKind, Issue},
    sim::Sim,
    state::State,
    view::IssueView,
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/issues", web::get().to(list))
        .route("/issues", web::post().to(add))
        .route("/issues/count", web::get().to(count))
        .route("/issues/{issue}", web::get().to(show))
        .route("/issues/{issue}", web::patch().to(update))
        .route("/issues/{issue}", web::delete().to(delete))
        .route("/issues/{issue}/participants", web::get().to(participants));
}

async fn list(sim: Data<Sim>, call: Call) -> ApiResult {
    let state = sim.read();
    let filter = IssueFilter::parse(&call.params, &state)?;
    let mut issues: Vec<_> = state
        .visible_issues(call.user)
        .filter(|issue| filter.matches(&state, issue))
        .collect();
    issue_sort::sort(&call.params, &state, &mut issues)?;
    let page = call.params.page(issues)?;
    let views = page.into_iter().map(|issue| view(&call, &state, issue));
    ok(&views.collect::<Vec<_>>())
}

async fn count(sim: Data<Sim>, call: Call) -> ApiResult {
    let state = sim.read();
    let filter = IssueFilter::parse(&call.params, &state)?;
    let count = state
        .visible_issues(call.user)
        .filter(|issue| filter.matches(&state, issue))
        .count();
    ok(&json!({ "count": count }))
}

async fn show(sim: Data<Sim>, call: Call, issue: Path<String>) -> ApiResult {
    let state = sim.read();
    ok(&view(&call, &state, state.issue(call.user, &issue)?))
}

/// An issue with the parts that the request asks to expand.
fn view<'a>(call: &Call, state: &'a State, issue: &'a Issue) -> IssueView<'a> {
    let view = IssueView::of(state, issue);
    let expand = call.params.texts("expand").unwrap_or_default();
    match expand.contains(&"childIssueSummary") {
        true => view.with_children(state),
        false => view,
    }
}

/// The author, the assignee and the commenters of an issue.
async fn participants(sim: Data<Sim>, call: Call, issue: Path<String>) -> ApiResult {
    let state = sim.read();
    let issue = state.issue(call.user, &issue)?;
    let commented = issue.comments.iter().map(|comment| comment.created_user);
    let participants: BTreeSet<_> = [Some(issue.created_user), issue.assignee]
        .into_iter()
        .flatten()
        .chain(commented)
        .collect();
    let users: Vec<_> = participants
        .iter()
        .filter_map(|id| state.users.get(id))
        .collect();
    ok(&users)
}

async fn add(sim: Data<Sim>, call: Call) -> ApiResult {
    let mut state = sim.write();
    let id = issue_edit::add(&mut state, &call, sim.clock.now())?;
    created(&IssueView::of(&state, &state.issues[&id]))
}

async fn update(sim: Data<Sim>, call: Call, issue: Path<String>) -> ApiResult {
    let mut state = sim.write();
    let id = state.issue(call.user, &issue)?.id;
    issue_edit::update(&mut state, &call, id, sim.clock.now())?;
    ok(&IssueView::of(&state, &state.issues[&id]))
}

async fn delete(sim: Data<Sim>, call: Call, issue: Path<String>) -> ApiResult {
    let mut state = sim.write();
    let id = state.issue(call.user, &issue)?.id;
    state.may_edit(call.user)?;
    let issue = &state.issues[&id];
    let response = ok(&IssueView::of(&state, issue));
    let content = json!({ "id": id, "key_id": issue.key_id });
    let project = issue.project_id;
    state.remove_issue(id);
    state.record(
        ActivityKind::IssueDeleted,
        project,
        call.user,
        sim.clock.now(),
        content,
    );
    response
}
