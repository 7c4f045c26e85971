//! `/issues/{issueIdOrKey}/attachments`: the seeded files; there is no upload

use actix_web::{
    HttpResponse,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    web::{self, Data, Path},
};

use super::ok;
use crate::{
    auth::Call,
    error::{ApiError, ApiResult},
    sim::Sim,
    view::content,
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/issues/{issue}/attachments", web::get().to(list))
        .route("/issues/{issue}/attachments/{id}", web::get().to(download));
}

async fn list(sim: Data<Sim>, call: Call, issue: Path<String>) -> ApiResult {
    let state = sim.read();
    let issue = state.issue(call.user, &issue)?;
    let views = issue
        .attachments
        .iter()
        .map(|attachment| content::attachment(&state, attachment));
    ok(&views.collect::<Vec<_>>())
}

/// The type follows from the name, whatever the bytes are.
async fn download(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let state = sim.read();
    let issue = state.issue(call.user, &path.0)?;
    let attachment = issue
        .attachments
        .iter()
        .find(|attachment| path.1.parse() == Ok(attachment.id))
        .ok_or_else(|| ApiError::no_resource(format!("No attachment. (id:{})", path.1)))?;
    let content_type = match attachment.name.rsplit('.').next() {
        Some("png") => "image/png",
        Some("pdf") => "application/pdf",
        Some("txt" | "log") => "text/plain",
        _ => "application/octet-stream",
    };
    let name: String = form_urlencoded::byte_serialize(attachment.name.as_bytes()).collect();
    let disposition = format!("attachment;filename*=UTF-8''{}", name.replace('+', "%20"));
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, content_type))
        .insert_header((CONTENT_DISPOSITION, disposition))
        .body(attachment.bytes))
}
