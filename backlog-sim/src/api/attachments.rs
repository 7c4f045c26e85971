//! `/space/attachment`, and the attachments of issues, wiki pages, pull requests and documents.

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    web::{self, Bytes, Data, Path},
};
use serde_json::json;

use super::responses::ok;
use crate::{
    auth::Call,
    error::{ApiError, ApiResult},
    model::Attachment,
    multipart::Upload,
    sim::Sim,
    view::file as file_view,
};

const OF_PULL_REQUEST: &str =
    "/projects/{project}/git/repositories/{repository}/pullRequests/{number}/attachments";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    let of_pull_request = format!("{OF_PULL_REQUEST}/{{id}}");
    config
        .route("/space/attachment", web::post().to(upload))
        .route("/issues/{issue}/attachments", web::get().to(of_issue))
        .route(
            "/issues/{issue}/attachments/{id}",
            web::get().to(get_of_issue),
        )
        .route(
            "/issues/{issue}/attachments/{id}",
            web::delete().to(delete_of_issue),
        )
        .route("/wikis/{wiki}/attachments", web::get().to(of_wiki))
        .route("/wikis/{wiki}/attachments", web::post().to(attach_to_wiki))
        .route("/wikis/{wiki}/attachments/{id}", web::get().to(get_of_wiki))
        .route(
            "/wikis/{wiki}/attachments/{id}",
            web::delete().to(delete_of_wiki),
        )
        .route(OF_PULL_REQUEST, web::get().to(of_pull_requests))
        .route(&of_pull_request, web::get().to(get_of_pull_request))
        .route(&of_pull_request, web::delete().to(delete_of_pull_request))
        .route(
            "/documents/{document}/attachments/{id}",
            web::get().to(get_of_document),
        );
}

/// An upload that is not attached is kept for as long as the space runs.
async fn upload(sim: Data<Sim>, call: Call, request: HttpRequest) -> ApiResult {
    let upload = request.extensions().get::<Upload>().cloned();
    let upload = upload.ok_or_else(|| ApiError::invalid("file is required."))?;
    let mut state = sim.write();
    state.may_add_issues(call.user)?;
    let file = Attachment {
        id: state.next_id(),
        name: upload.name,
        bytes: upload.bytes,
        created_user: call.user,
        created: sim.clock.now(),
    };
    let view = json!({ "id": file.id, "name": file.name, "size": file.bytes.len() });
    state.uploads.insert(file.id, file);
    ok(&view)
}

async fn of_issue(sim: Data<Sim>, call: Call, issue: Path<String>) -> ApiResult {
    let state = sim.read();
    let issue = state.issue(call.user, &issue)?;
    ok(&file_view::attachments(&state, &issue.attachments))
}

async fn get_of_issue(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let state = sim.read();
    let issue = state.issue(call.user, &path.0)?;
    download(&issue.attachments, &path.1)
}

async fn delete_of_issue(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let issue = state.issue(call.user, &path.0)?;
    let (id, place) = (issue.id, place(&issue.attachments, &path.1)?);
    let response = ok(&file_view::attachment(&state, &issue.attachments[place]));
    if let Some(issue) = state.issues.get_mut(&id) {
        issue.attachments.remove(place);
    }
    response
}

async fn of_wiki(sim: Data<Sim>, call: Call, wiki: Path<String>) -> ApiResult {
    let state = sim.read();
    let wiki = state.wiki(call.user, &wiki)?;
    ok(&file_view::attachments(&state, &wiki.attachments))
}

/// Returns the newly attached files.
async fn attach_to_wiki(sim: Data<Sim>, call: Call, wiki: Path<String>) -> ApiResult {
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let id = state.wiki(call.user, &wiki)?.id;
    let files = state.uploads(call.user, &call.params)?;
    if files.is_empty() {
        return Err(ApiError::invalid("attachmentId[] is required."));
    }
    state.use_up(&files);
    let response = ok(&file_view::attachments(&state, &files));
    if let Some(wiki) = state.wikis.get_mut(&id) {
        wiki.attachments.extend(files);
    }
    response
}

async fn get_of_wiki(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let state = sim.read();
    let wiki = state.wiki(call.user, &path.0)?;
    download(&wiki.attachments, &path.1)
}

async fn delete_of_wiki(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let wiki = state.wiki(call.user, &path.0)?;
    let (id, place) = (wiki.id, place(&wiki.attachments, &path.1)?);
    let response = ok(&file_view::attachment(&state, &wiki.attachments[place]));
    if let Some(wiki) = state.wikis.get_mut(&id) {
        wiki.attachments.remove(place);
    }
    response
}

/// Project, repository, number, and the attachment if there is one.
type OnePath = Path<(String, String, String, String)>;

async fn of_pull_requests(
    sim: Data<Sim>,
    call: Call,
    path: Path<(String, String, String)>,
) -> ApiResult {
    let state = sim.read();
    let about = state.pull_request(call.user, &path.0, &path.1, &path.2)?;
    ok(&file_view::attachments(&state, &about.attachments))
}

async fn get_of_pull_request(sim: Data<Sim>, call: Call, path: OnePath) -> ApiResult {
    let state = sim.read();
    let about = state.pull_request(call.user, &path.0, &path.1, &path.2)?;
    download(&about.attachments, &path.3)
}

async fn delete_of_pull_request(sim: Data<Sim>, call: Call, path: OnePath) -> ApiResult {
    let mut state = sim.write();
    state.may_edit(call.user)?;
    let about = state.pull_request(call.user, &path.0, &path.1, &path.2)?;
    let (id, place) = (about.id, place(&about.attachments, &path.3)?);
    let response = ok(&file_view::attachment(&state, &about.attachments[place]));
    if let Some(about) = state.pull_requests.get_mut(&id) {
        about.attachments.remove(place);
    }
    response
}

async fn get_of_document(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let state = sim.read();
    let document = state.document(call.user, &path.0)?;
    download(&document.attachments, &path.1)
}

fn place(attachments: &[Attachment], id: &str) -> Result<usize, ApiError> {
    attachments
        .iter()
        .position(|attachment| id.parse() == Ok(attachment.id))
        .ok_or_else(|| ApiError::no_resource(format!("No attachment. (id:{id})")))
}

fn download(attachments: &[Attachment], id: &str) -> ApiResult {
    let attachment = &attachments[place(attachments, id)?];
    Ok(file(&attachment.name, &attachment.bytes))
}

/// A file's bytes. The content type follows from the name, regardless of the bytes.
pub(super) fn file(name: &str, bytes: &Bytes) -> HttpResponse {
    let content_type = match name.rsplit('.').next() {
        Some("png") => "image/png",
        Some("pdf") => "application/pdf",
        Some("txt" | "log") => "text/plain",
        _ => "application/octet-stream",
    };
    let name: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
    let disposition = format!("attachment;filename*=UTF-8''{}", name.replace('+', "%20"));
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, content_type))
        .insert_header((CONTENT_DISPOSITION, disposition))
        .body(bytes.clone())
}
