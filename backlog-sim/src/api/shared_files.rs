//! `/projects/{projectIdOrKey}/files`, and the shared files linked to issues and wiki pages

use actix_web::web::{self, Data, Path};

use super::{attachments, responses::ok};
use crate::{
    auth::Call,
    error::{ApiError, ApiResult},
    model::Id,
    params::malformed,
    sim::Sim,
    view::file as file_view,
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route(
            "/projects/{project}/files/metadata/{dir:.*}",
            web::get().to(list),
        )
        .route("/projects/{project}/files/{id}", web::get().to(download))
        .route("/issues/{issue}/sharedFiles", web::get().to(of_issue))
        .route("/issues/{issue}/sharedFiles", web::post().to(link_to_issue))
        .route(
            "/issues/{issue}/sharedFiles/{id}",
            web::delete().to(unlink_from_issue),
        )
        .route("/wikis/{wiki}/sharedFiles", web::get().to(of_wiki))
        .route("/wikis/{wiki}/sharedFiles", web::post().to(link_to_wiki))
        .route(
            "/wikis/{wiki}/sharedFiles/{id}",
            web::delete().to(unlink_from_wiki),
        );
}

/// The content of a directory, newest first unless `order` is ascending.
async fn list(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let params = &call.params;
    let state = sim.read();
    let project = state.project(call.user, &path.0)?.project.id;
    let dir = match path.1.trim_matches('/') {
        "" => "/".to_owned(),
        dir => format!("/{dir}/"),
    };
    let files = || {
        let files = state.shared_files.values();
        files.filter(|file| file.project_id == project)
    };
    let is_there = dir == "/"
        || files().any(|file| file.bytes.is_none() && format!("{}{}/", file.dir, file.name) == dir);
    if !is_there {
        return Err(ApiError::no_resource(format!("No directory. ({dir})")));
    }
    let mut found: Vec<_> = files().filter(|file| file.dir == dir).collect();
    if !params.ascending()? {
        found.reverse();
    }
    let offset = params.parsed::<usize>("offset")?.unwrap_or(0);
    let count = match params.parsed::<usize>("count")?.unwrap_or(1000) {
        count @ 1..=1000 => count,
        other => return Err(malformed("count", &other.to_string())),
    };
    let page = found.into_iter().skip(offset).take(count);
    let views = page.map(|file| file_view::shared_file(&state, file));
    ok(&views.collect::<Vec<_>>())
}

async fn download(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let state = sim.read();
    let project = state.project(call.user, &path.0)?.project.id;
    let file = state.shared_file(project, &path.1)?;
    match &file.bytes {
        Some(bytes) => Ok(attachments::file(&file.name, bytes)),
        None => Err(ApiError::invalid("A directory has no content.")),
    }
}

async fn of_issue(sim: Data<Sim>, call: Call, issue: Path<String>) -> ApiResult {
    let state = sim.read();
    let issue = state.issue(call.user, &issue)?;
    ok(&file_view::shared_files(&state, &issue.shared_files))
}

/// Returns the newly linked files.
async fn link_to_issue(sim: Data<Sim>, call: Call, issue: Path<String>) -> ApiResult {
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let issue = state.issue(call.user, &issue)?;
    let (id, files) = (
        issue.id,
        state.files_to_link(issue.project_id, &call.params)?,
    );
    if let Some(issue) = state.issues.get_mut(&id) {
        issue.shared_files.extend(&files);
    }
    ok(&file_view::shared_files(
        &state,
        &files.into_iter().collect(),
    ))
}

async fn unlink_from_issue(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let id = state.issue(call.user, &path.0)?.id;
    let issue = state.issues.get_mut(&id);
    let file = unlinked(issue.map(|issue| &mut issue.shared_files), &path.1)?;
    ok(&file_view::shared_file(&state, &state.shared_files[&file]))
}

async fn of_wiki(sim: Data<Sim>, call: Call, wiki: Path<String>) -> ApiResult {
    let state = sim.read();
    let wiki = state.wiki(call.user, &wiki)?;
    ok(&file_view::shared_files(&state, &wiki.shared_files))
}

async fn link_to_wiki(sim: Data<Sim>, call: Call, wiki: Path<String>) -> ApiResult {
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let wiki = state.wiki(call.user, &wiki)?;
    let (id, files) = (wiki.id, state.files_to_link(wiki.project_id, &call.params)?);
    if let Some(wiki) = state.wikis.get_mut(&id) {
        wiki.shared_files.extend(&files);
    }
    ok(&file_view::shared_files(
        &state,
        &files.into_iter().collect(),
    ))
}

async fn unlink_from_wiki(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let id = state.wiki(call.user, &path.0)?.id;
    let wiki = state.wikis.get_mut(&id);
    let file = unlinked(wiki.map(|wiki| &mut wiki.shared_files), &path.1)?;
    ok(&file_view::shared_file(&state, &state.shared_files[&file]))
}

/// Removes a link and returns the id of the file.
fn unlinked(links: Option<&mut std::collections::BTreeSet<Id>>, id: &str) -> Result<Id, ApiError> {
    let file = id.parse().ok();
    file.filter(|id| links.is_some_and(|links| links.remove(id)))
        .ok_or_else(|| ApiError::no_resource(format!("No link to a shared file. (id:{id})")))
}
