//! `/projects/{projectIdOrKey}/git/repositories/{repoIdOrName}/pullRequests`

use actix_web::web::{self, Data, Path};
use serde_json::json;

use super::{issue_edit::notified, responses::ok};
use crate::{
    auth::Call,
    error::{ApiError, ApiResult},
    model::{ActivityKind, Change, Comment, Id, PullRequest, Reason, Subject},
    params::{Params, malformed},
    sim::Sim,
    state::{News, State},
    view::{activity, content},
};

const PATH: &str = "/projects/{project}/git/repositories/{repository}/pullRequests";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    let one = format!("{PATH}/{{number}}");
    config
        .route(PATH, web::get().to(list))
        .route(PATH, web::post().to(add))
        .route(&format!("{PATH}/count"), web::get().to(count))
        .route(&one, web::get().to(show))
        .route(&one, web::patch().to(update));
}

async fn list(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let state = sim.read();
    let page = call.params.page(filtered(&state, &call, &path)?)?;
    let views = page
        .into_iter()
        .map(|pull_request| content::pull_request(&state, pull_request));
    ok(&views.collect::<Vec<_>>())
}

async fn count(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let state = sim.read();
    ok(&json!({ "count": filtered(&state, &call, &path)?.len() }))
}

async fn show(sim: Data<Sim>, call: Call, path: Path<(String, String, String)>) -> ApiResult {
    let state = sim.read();
    let pull_request = state.pull_request(call.user, &path.0, &path.1, &path.2)?;
    ok(&content::pull_request(&state, pull_request))
}

async fn add(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let params = &call.params;
    let now = sim.clock.now();
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let repository = state.repository(call.user, &path.0, &path.1)?;
    let (project_id, repository_id) = (repository.project_id, repository.id);
    let notify = notified(params, &state.projects[&project_id])?;
    let numbers = of_repository(&state, repository_id).map(|p| p.number);
    let mut pull_request = PullRequest {
        id: 0,
        project_id,
        repository_id,
        number: numbers.max().unwrap_or(0) + 1,
        summary: params.require("summary")?.to_owned(),
        description: params.require("description")?.to_owned(),
        base: params.require("base")?.to_owned(),
        branch: params.require("branch")?.to_owned(),
        status: 1,
        assignee: None,
        issue: None,
        closed: None,
        attachments: Vec::new(),
        created_user: call.user,
        created: now,
        updated_user: call.user,
        updated: now,
        comments: Vec::new(),
    };
    apply(&state, &call, &mut pull_request)?;
    let files = state.uploads(call.user, params)?;
    state.use_up(&files);
    pull_request.attachments = files;
    let id = state.next_id();
    pull_request.id = id;
    let assignee = pull_request.assignee;
    state.pull_requests.insert(id, pull_request);
    record(&mut state, ActivityKind::PullRequestAdded, id, None);
    let news = |reason| News {
        reason,
        about: Subject::PullRequest(id),
        comment: None,
        sender: call.user,
        created: now,
    };
    let assignee = assignee.filter(|assignee| *assignee != call.user);
    state.notify(assignee.as_slice(), news(Reason::PullRequestAssigned));
    state.notify(&notify, news(Reason::PullRequestAdded));
    ok(&content::pull_request(&state, &state.pull_requests[&id]))
}

async fn update(sim: Data<Sim>, call: Call, path: Path<(String, String, String)>) -> ApiResult {
    let params = &call.params;
    let now = sim.clock.now();
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let before = state.pull_request(call.user, &path.0, &path.1, &path.2)?;
    let notify = notified(params, &state.projects[&before.project_id])?;
    let mut after = before.clone();
    if let Some(summary) = params.filled("summary") {
        summary.clone_into(&mut after.summary);
    }
    if let Some(description) = params.get("description") {
        description.clone_into(&mut after.description);
    }
    match params.parsed::<Id>("statusId")? {
        None => {}
        Some(status @ 1..=3) => {
            after.status = status;
            after.closed = (status > 1).then_some(now);
        }
        Some(other) => return Err(malformed("statusId", &other.to_string())),
    }
    apply(&state, &call, &mut after)?;
    let comment = Comment {
        changes: changes(before, &after),
        ..Comment::new(params.filled("comment").map(str::to_owned), call.user, now)
    };
    let id = after.id;
    state.pull_requests.insert(id, after);
    if comment.content.is_some() || !comment.changes.is_empty() {
        let reason = Reason::PullRequestUpdated;
        let comment = add_comment(&mut state, id, comment, reason, &notify);
        record(
            &mut state,
            ActivityKind::PullRequestUpdated,
            id,
            Some(comment),
        );
    }
    ok(&content::pull_request(&state, &state.pull_requests[&id]))
}

/// Sets the values that are allowed both when adding and when changing.
fn apply(state: &State, call: &Call, pull_request: &mut PullRequest) -> Result<(), ApiError> {
    let params = &call.params;
    if params.get("assigneeId").is_some() {
        pull_request.assignee = params.parsed("assigneeId")?;
        let assignee = pull_request.assignee;
        let stranger = assignee.filter(|id| !state.has_joined(*id, pull_request.project_id));
        if let Some(id) = stranger {
            return Err(malformed("assigneeId", &id.to_string()));
        }
    }
    if params.get("issueId").is_some() {
        pull_request.issue = params.parsed("issueId")?;
        if let Some(issue) = pull_request.issue {
            state.issue(call.user, &issue.to_string())?;
        }
    }
    Ok(())
}

fn changes(before: &PullRequest, after: &PullRequest) -> Vec<Change> {
    let id = |id: Option<Id>| id.map(|id| id.to_string());
    let fields = |p: &PullRequest| {
        [
            ("summary", Some(p.summary.clone())),
            ("description", Some(p.description.clone())),
            ("status", Some(p.status.to_string())),
            ("assigner", id(p.assignee)),
            ("issue", id(p.issue)),
        ]
    };
    fields(before)
        .into_iter()
        .zip(fields(after))
        .filter(|(old, new)| old != new)
        .map(|((field, old), (_, new))| Change {
            field: field.to_owned(),
            new_value: new,
            original_value: old,
            attachment_info: None,
            attribute_info: None,
            notification_info: None,
        })
        .collect()
}

/// Adds a comment, which counts as an update, notifies the named users, and returns its id.
pub(super) fn add_comment(
    state: &mut State,
    id: Id,
    mut comment: Comment,
    reason: Reason,
    notify: &[Id],
) -> Id {
    comment.id = state.next_id();
    let news = News {
        reason,
        about: Subject::PullRequest(id),
        comment: Some(comment.id),
        sender: comment.created_user,
        created: comment.created,
    };
    comment.notified = state.notify(notify, news);
    let comment_id = comment.id;
    if let Some(pull_request) = state.pull_requests.get_mut(&id) {
        pull_request.updated = comment.created;
        pull_request.updated_user = comment.created_user;
        pull_request.comments.push(comment);
    }
    comment_id
}

pub(super) fn record(state: &mut State, kind: ActivityKind, id: Id, comment: Option<Id>) {
    let about = &state.pull_requests[&id];
    let repository = &state.repositories[&about.repository_id];
    let comment = about.comments.iter().find(|c| Some(c.id) == comment);
    let content = activity::pull_request(about, repository, comment);
    let (project, user, now) = (about.project_id, about.updated_user, about.updated);
    state.record(kind, project, user, now, content);
}

fn of_repository(state: &State, repository: Id) -> impl Iterator<Item = &PullRequest> {
    state
        .pull_requests
        .values()
        .filter(move |pull_request| pull_request.repository_id == repository)
}

/// Newest first.
fn filtered<'a>(
    state: &'a State,
    call: &Call,
    path: &(String, String),
) -> Result<Vec<&'a PullRequest>, ApiError> {
    let repository = state.repository(call.user, &path.0, &path.1)?.id;
    let wanted = |name| Wanted::parse(&call.params, name);
    let (status, assignee) = (wanted("statusId")?, wanted("assigneeId")?);
    let (issue, creator) = (wanted("issueId")?, wanted("createdUserId")?);
    let mut found: Vec<_> = of_repository(state, repository)
        .filter(|pull_request| {
            status.takes(Some(pull_request.status))
                && assignee.takes(pull_request.assignee)
                && issue.takes(pull_request.issue)
                && creator.takes(Some(pull_request.created_user))
        })
        .collect();
    found.sort_by_key(|pull_request| std::cmp::Reverse(pull_request.number));
    Ok(found)
}

/// The ids that a filter selects; `None` if it was not sent.
struct Wanted(Option<Vec<Id>>);

impl Wanted {
    fn parse(params: &Params, name: &str) -> Result<Self, ApiError> {
        params.ids(name).map(Self)
    }

    fn takes(&self, id: Option<Id>) -> bool {
        match (&self.0, id) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(wanted), Some(id)) => wanted.contains(&id),
        }
    }
}
