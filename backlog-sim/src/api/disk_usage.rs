//! `/space/diskUsage`, `/projects/{projectIdOrKey}/diskUsage`: the size of attachments and texts

use actix_web::web::{self, Data, Path};
use serde_json::{Value, json};

use super::responses::ok;
use crate::{auth::Call, error::ApiResult, model::Id, sim::Sim, state::State};

/// 100 GiB.
const CAPACITY: u64 = 100 << 30;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/space/diskUsage", web::get().to(of_space))
        .route("/projects/{project}/diskUsage", web::get().to(of_project));
}

async fn of_space(sim: Data<Sim>, call: Call) -> ApiResult {
    let state = sim.read();
    state.must_administrate(call.user)?;
    let mut usage = usage(&state, |_| true);
    usage["capacity"] = json!(CAPACITY);
    let details = state.projects.keys().map(|id| details(&state, *id));
    usage["details"] = details.collect();
    ok(&usage)
}

async fn of_project(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    let mut state = sim.write();
    let id = state.administrated(call.user, &project)?.project.id;
    ok(&details(&state, id))
}

fn details(state: &State, project: Id) -> Value {
    let mut usage = usage(state, |id| id == project);
    usage["projectId"] = json!(project);
    usage
}

/// In bytes.
fn usage(state: &State, wanted: impl Fn(Id) -> bool) -> Value {
    let issues = state
        .issues
        .values()
        .filter(|issue| wanted(issue.project_id));
    let attachments = issues.flat_map(|issue| &issue.attachments);
    let wikis = state.wikis.values().filter(|wiki| wanted(wiki.project_id));
    json!({
        "issue": attachments.map(|attachment| attachment.bytes.len()).sum::<usize>(),
        "wiki": wikis.map(|wiki| wiki.content.len()).sum::<usize>(),
        "file": 0,
        "subversion": 0,
        "git": 0,
        "gitLFS": 0,
        "pullRequest": 0,
    })
}
