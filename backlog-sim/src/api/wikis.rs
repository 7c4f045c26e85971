//! `/wikis`

use std::collections::BTreeSet;

use actix_web::web::{self, Data, Path};
use serde_json::json;

use super::{
    keyword::has_words,
    responses::{created, ok},
};
use crate::{
    auth::Call,
    error::{ApiError, ApiResult},
    model::{ActivityKind, Id, Starred, Wiki},
    params::malformed,
    sim::Sim,
    state::State,
    view::{activity, content},
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/wikis", web::get().to(list))
        .route("/wikis", web::post().to(add))
        .route("/wikis/count", web::get().to(count))
        .route("/wikis/tags", web::get().to(tags))
        .route("/wikis/{id}", web::get().to(show))
        .route("/wikis/{id}", web::patch().to(update))
        .route("/wikis/{id}", web::delete().to(delete))
        .route("/wikis/{id}/history", web::get().to(history));
}

async fn list(sim: Data<Sim>, call: Call) -> ApiResult {
    let state = sim.read();
    let keyword = call.params.filled("keyword").map(str::to_lowercase);
    let pages = of_project(&state, &call)?.into_iter().filter(|wiki| {
        keyword
            .as_ref()
            .is_none_or(|keyword| has_words(keyword, &[&wiki.name, &wiki.content]))
    });
    let views = pages.map(|wiki| content::wiki_item(&state, wiki));
    ok(&views.collect::<Vec<_>>())
}

async fn count(sim: Data<Sim>, call: Call) -> ApiResult {
    let state = sim.read();
    ok(&json!({ "count": of_project(&state, &call)?.len() }))
}

async fn tags(sim: Data<Sim>, call: Call) -> ApiResult {
    let state = sim.read();
    let mut tags: Vec<_> = of_project(&state, &call)?
        .into_iter()
        .flat_map(|wiki| &wiki.tags)
        .collect();
    tags.sort_by_key(|tag| tag.id);
    tags.dedup_by_key(|tag| tag.id);
    ok(&tags)
}

async fn show(sim: Data<Sim>, call: Call, id: Path<String>) -> ApiResult {
    let state = sim.read();
    ok(&content::wiki(&state, state.wiki(call.user, &id)?))
}

/// Newest first; a version's number is its id.
async fn history(sim: Data<Sim>, call: Call, id: Path<String>) -> ApiResult {
    let state = sim.read();
    let wiki = state.wiki(call.user, &id)?;
    let versions = (1..).zip(&wiki.history);
    let page = call.params.page_by_id(versions, |(version, _)| *version)?;
    let views = page
        .into_iter()
        .map(|(version, entry)| content::wiki_version(&state, wiki, version, entry));
    ok(&views.collect::<Vec<_>>())
}

async fn add(sim: Data<Sim>, call: Call) -> ApiResult {
    let params = &call.params;
    let now = sim.clock.now();
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let project_id = params.require_id("projectId")?;
    state.project(call.user, &project_id.to_string())?;
    let name = params.require("name")?.to_owned();
    let text = params.require("content")?.to_owned();
    free_name(&state, project_id, &name, None)?;
    let mut wiki = Wiki {
        id: state.next_id(),
        project_id,
        name: String::new(),
        content: String::new(),
        tags: Vec::new(),
        attachments: Vec::new(),
        shared_files: BTreeSet::new(),
        created_user: call.user,
        created: now,
        updated_user: call.user,
        updated: now,
        history: Vec::new(),
    };
    wiki.write(name, text, call.user, now);
    let view = content::wiki(&state, &wiki);
    record(&mut state, &sim, &call, ActivityKind::WikiCreated, &wiki);
    state.wikis.insert(wiki.id, wiki);
    created(&view)
}

async fn update(sim: Data<Sim>, call: Call, id: Path<String>) -> ApiResult {
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let mut wiki = state.wiki(call.user, &id)?.clone();
    let given = |name, old: &str| call.params.filled(name).unwrap_or(old).to_owned();
    let name = given("name", &wiki.name);
    free_name(&state, wiki.project_id, &name, Some(wiki.id))?;
    let text = given("content", &wiki.content);
    wiki.write(name, text, call.user, sim.clock.now());
    let view = content::wiki(&state, &wiki);
    record(&mut state, &sim, &call, ActivityKind::WikiUpdated, &wiki);
    state.wikis.insert(wiki.id, wiki);
    ok(&view)
}

async fn delete(sim: Data<Sim>, call: Call, id: Path<String>) -> ApiResult {
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let wiki = state.wiki(call.user, &id)?.clone();
    state.wikis.remove(&wiki.id);
    state.forget_stars(Starred::Wiki(wiki.id));
    record(&mut state, &sim, &call, ActivityKind::WikiDeleted, &wiki);
    ok(&content::wiki(&state, &wiki))
}

fn record(state: &mut State, sim: &Sim, call: &Call, kind: ActivityKind, wiki: &Wiki) {
    let (project, now) = (wiki.project_id, sim.clock.now());
    state.record(kind, project, call.user, now, activity::wiki(wiki));
}

/// The pages of the project that `projectIdOrKey` names.
fn of_project<'a>(state: &'a State, call: &Call) -> Result<Vec<&'a Wiki>, ApiError> {
    let project = call.params.require("projectIdOrKey")?;
    let project = state.project(call.user, project)?.project.id;
    let wikis = state.wikis.values();
    Ok(wikis.filter(|wiki| wiki.project_id == project).collect())
}

/// Rejects a name that another page of the project has.
fn free_name(state: &State, project: Id, name: &str, own: Option<Id>) -> Result<(), ApiError> {
    let taken = state
        .wikis
        .values()
        .any(|wiki| wiki.project_id == project && wiki.name == name && Some(wiki.id) != own);
    if taken {
        Err(malformed("name", name))
    } else {
        Ok(())
    }
}
