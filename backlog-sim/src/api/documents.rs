//! `/documents`

use actix_web::web::{self, Data, Path};
use serde_json::{Value, json};

use super::{
    keyword::has_words,
    responses::{no_content, ok},
};
use crate::{
    auth::Call,
    error::{ApiError, ApiResult},
    model::{ActivityKind, Document, Id, Tag},
    params::malformed,
    sim::Sim,
    state::State,
    view::{activity, content},
    wire::stamp,
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/documents", web::get().to(list))
        .route("/documents", web::post().to(add))
        .route("/documents/count", web::get().to(count))
        .route("/documents/tree", web::get().to(tree))
        .route("/documents/{id}", web::get().to(show))
        .route("/documents/{id}", web::delete().to(delete))
        .route("/documents/{id}/comments", web::get().to(comments))
        .route("/documents/{id}/tags", web::post().to(add_tags))
        .route("/documents/{id}/tags", web::delete().to(remove_tags));
}

/// `offset` is required here.
async fn list(sim: Data<Sim>, call: Call) -> ApiResult {
    let params = &call.params;
    params.require("offset")?;
    let projects = params.ids("projectId")?;
    let keyword = params.filled("keyword").map(str::to_lowercase);
    let state = sim.read();
    let mut found: Vec<_> = state
        .documents
        .iter()
        .filter(|document| state.has_joined(call.user, document.project_id))
        .filter(|document| {
            let project = &document.project_id;
            projects.as_ref().is_none_or(|ids| ids.contains(project))
        })
        .filter(|document| {
            keyword
                .as_ref()
                .is_none_or(|keyword| has_words(keyword, &[&document.title, &document.plain]))
        })
        .collect();
    match params.filled("sort") {
        None | Some("updated") => found.sort_by_key(|document| document.updated),
        Some("created") => found.sort_by_key(|document| document.created),
        Some(other) => return Err(malformed("sort", other)),
    }
    if !params.ascending()? {
        found.reverse();
    }
    let page = params.page(found)?;
    let views = page
        .into_iter()
        .map(|document| content::document(&state, document));
    ok(&views.collect::<Vec<_>>())
}

async fn count(sim: Data<Sim>, call: Call) -> ApiResult {
    let state = sim.read();
    let project = named_project(&state, &call)?;
    let documents = state.documents.iter();
    let count = documents.filter(|d| d.project_id == project).count();
    ok(&json!({ "count": count }))
}

async fn tree(sim: Data<Sim>, call: Call) -> ApiResult {
    let state = sim.read();
    let project = named_project(&state, &call)?;
    ok(&json!({
        "projectId": project,
        "activeTree": { "id": "Active", "children": branch(&state, project, None) },
        "trashTree": { "id": "Trash", "children": [] },
    }))
}

fn branch(state: &State, project: Id, parent: Option<&str>) -> Vec<Value> {
    state
        .documents
        .iter()
        .filter(|document| document.project_id == project)
        .filter(|document| document.parent.as_deref() == parent)
        .map(|document| {
            json!({
                "id": document.id,
                "name": document.title,
                "children": branch(state, project, Some(&document.id)),
                "statusId": 1,
                "emoji": document.emoji.as_deref().unwrap_or_default(),
                "updated": stamp(document.updated),
            })
        })
        .collect()
}

async fn show(sim: Data<Sim>, call: Call, id: Path<String>) -> ApiResult {
    let state = sim.read();
    ok(&content::document(&state, state.document(call.user, &id)?))
}

async fn add(sim: Data<Sim>, call: Call) -> ApiResult {
    let params = &call.params;
    let now = sim.clock.now();
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let project_id = params.require_id("projectId")?;
    state.project(call.user, &project_id.to_string())?;
    let parent = params.filled("parentId");
    if let Some(parent) = parent {
        let sibling = state.document(call.user, parent)?;
        if sibling.project_id != project_id {
            return Err(malformed("parentId", parent));
        }
    }
    let text = |name| params.get(name).unwrap_or_default().to_owned();
    let document = Document {
        id: format!("{:032x}", state.next_id()),
        project_id,
        parent: parent.map(str::to_owned),
        title: text("title"),
        plain: text("content"),
        emoji: params.filled("emoji").map(str::to_owned),
        tags: Vec::new(),
        attachments: Vec::new(),
        comments: Vec::new(),
        created_user: call.user,
        created: now,
        updated_user: call.user,
        updated: now,
    };
    let content = activity::document(&document);
    let view = content::slim_document(&document);
    if params.parsed("addLast")?.unwrap_or(false) {
        state.documents.push(document);
    } else {
        state.documents.insert(0, document);
    }
    let kind = ActivityKind::DocumentCreated;
    state.record(kind, project_id, call.user, now, content);
    ok(&view)
}

/// Deletes a document permanently, with all its descendants.
async fn delete(sim: Data<Sim>, call: Call, id: Path<String>) -> ApiResult {
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let document = state.document(call.user, &id)?.clone();
    let mut gone = vec![document.id.clone()];
    while let Some(id) = gone.pop() {
        let parent = |child: &&Document| child.parent.as_ref() == Some(&id);
        gone.extend(state.documents.iter().filter(parent).map(|d| d.id.clone()));
        state.documents.retain(|document| document.id != id);
    }
    let (kind, now) = (ActivityKind::DocumentDeleted, sim.clock.now());
    let content = activity::document(&document);
    state.record(kind, document.project_id, call.user, now, content);
    ok(&content::slim_document(&document))
}

async fn comments(sim: Data<Sim>, call: Call, id: Path<String>) -> ApiResult {
    let state = sim.read();
    let document = state.document(call.user, &id)?;
    let comments = document.comments.iter();
    let views = comments.map(|comment| content::document_comment(&state, document, comment));
    ok(&views.collect::<Vec<_>>())
}

/// Returns all of the document's tags; an existing tag is not added again.
async fn add_tags(sim: Data<Sim>, call: Call, id: Path<String>) -> ApiResult {
    let names = tag_names(&call)?;
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let mut tags = state.document(call.user, &id)?.tags.clone();
    for name in names {
        if tags.iter().all(|tag| tag.name != name) {
            let id = state.next_id();
            tags.push(Tag { id, name });
        }
    }
    let response = ok(&tags);
    set_tags(&mut state, &id, tags);
    response
}

async fn remove_tags(sim: Data<Sim>, call: Call, id: Path<String>) -> ApiResult {
    let names = tag_names(&call)?;
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let mut tags = state.document(call.user, &id)?.tags.clone();
    tags.retain(|tag| !names.contains(&tag.name));
    set_tags(&mut state, &id, tags);
    no_content()
}

fn set_tags(state: &mut State, id: &str, tags: Vec<Tag>) {
    let mut documents = state.documents.iter_mut();
    if let Some(document) = documents.find(|document| document.id == id) {
        document.tags = tags;
    }
}

/// `tagNames[]`, at least one.
fn tag_names(call: &Call) -> Result<Vec<String>, ApiError> {
    let pairs = call.params.pairs().iter();
    let names = pairs.filter(|(key, value)| key == "tagNames[]" && !value.is_empty());
    let names: Vec<_> = names.map(|(_, value)| value.clone()).collect();
    match names.is_empty() {
        true => Err(ApiError::invalid("tagNames[] is required.")),
        false => Ok(names),
    }
}

fn named_project(state: &State, call: &Call) -> Result<Id, ApiError> {
    let project = call.params.require("projectIdOrKey")?;
    Ok(state.project(call.user, project)?.project.id)
}
