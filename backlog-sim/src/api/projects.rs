//! `/projects`, `/projects/{projectIdOrKey}`

use actix_web::web::{self, Data, Path};

use super::responses::{created, ok};
use crate::{
    auth::Call,
    error::{ApiError, ApiResult},
    model::Project,
    params::{Params, malformed},
    seed,
    sim::Sim,
    state::State,
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/projects", web::get().to(list))
        .route("/projects", web::post().to(add))
        .route("/projects/{project}", web::get().to(show))
        .route("/projects/{project}", web::patch().to(update));
}

/// The joined projects; with `all=true` an administrator gets all projects.
async fn list(sim: Data<Sim>, call: Call) -> ApiResult {
    let archived = call.params.parsed::<bool>("archived")?;
    let state = sim.read();
    let all = call.params.parsed("all")?.unwrap_or(false) && state.user(call.user)?.role_type == 1;
    let projects: Vec<_> = state
        .projects
        .values()
        .filter(|record| all || record.members.contains(&call.user))
        .map(|record| &record.project)
        .filter(|project| archived.is_none_or(|archived| project.archived == archived))
        .collect();
    ok(&projects)
}

async fn show(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    ok(&sim.read().project(call.user, &project)?.project)
}

async fn add(sim: Data<Sim>, call: Call) -> ApiResult {
    let params = &call.params;
    let mut state = sim.write();
    state.must_administrate(call.user)?;
    let key = new_key(&state, params.require("key")?)?;
    let name = params.require("name")?;
    let id = state.next_id();
    let display_order = u32::try_from(state.projects.len()).unwrap_or(u32::MAX);
    let first_type = state.next_id();
    let mut record = seed::empty_project(id, key, name, display_order, first_type);
    record.joined.insert(call.user);
    apply(params, &mut record.project)?;
    let project = record.project.clone();
    state.projects.insert(id, record);
    state.settle_members(id);
    created(&project)
}

async fn update(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    let params = &call.params;
    let mut state = sim.write();
    state.must_administrate(call.user)?;
    let mut changed = state.project(call.user, &project)?.project.clone();
    if let Some(key) = params
        .filled("key")
        .filter(|key| *key != changed.project_key)
    {
        changed.project_key = new_key(&state, key)?.to_owned();
    }
    if let Some(name) = params.filled("name") {
        name.clone_into(&mut changed.name);
    }
    if let Some(archived) = params.parsed("archived")? {
        changed.archived = archived;
    }
    apply(params, &mut changed)?;
    let record = state.project_mut(call.user, &project)?;
    let renamed = record.project.project_key != changed.project_key;
    record.project = changed.clone();
    if renamed {
        state.rename_issue_keys(changed.id);
    }
    ok(&changed)
}

/// A key of capitals, digits and underscores that is not in use.
fn new_key<'a>(state: &State, key: &'a str) -> Result<&'a str, ApiError> {
    let well_formed = key
        .chars()
        .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let taken = state
        .projects
        .values()
        .any(|record| record.project.project_key == key);
    if well_formed && !taken {
        Ok(key)
    } else {
        Err(malformed("key", key))
    }
}

/// Sets the switches that were sent.
fn apply(params: &Params, project: &mut Project) -> Result<(), ApiError> {
    let switches = [
        ("chartEnabled", &mut project.chart_enabled),
        ("useResolvedForChart", &mut project.use_resolved_for_chart),
        ("subtaskingEnabled", &mut project.subtasking_enabled),
        (
            "grandchildIssueEnabled",
            &mut project.grandchild_issue_enabled,
        ),
        (
            "projectLeaderCanEditProjectLeader",
            &mut project.project_leader_can_edit_project_leader,
        ),
        ("useWiki", &mut project.use_wiki),
        ("useFileSharing", &mut project.use_file_sharing),
        ("useWikiTreeView", &mut project.use_wiki_tree_view),
        (
            "useOriginalImageSizeAtWiki",
            &mut project.use_original_image_size_at_wiki,
        ),
        ("useSubversion", &mut project.use_subversion),
        ("useGit", &mut project.use_git),
        ("useDevAttributes", &mut project.use_dev_attributes),
    ];
    for (name, switch) in switches {
        if let Some(on) = params.parsed(name)? {
            *switch = on;
        }
    }
    match params.filled("textFormattingRule") {
        None => {}
        Some(rule @ ("backlog" | "markdown")) => rule.clone_into(&mut project.text_formatting_rule),
        Some(other) => return Err(malformed("textFormattingRule", other)),
    }
    Ok(())
}
