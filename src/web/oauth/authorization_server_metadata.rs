//! `GET /.well-known/oauth-authorization-server` (RFC 8414), at every path that clients request: at
//! the root, with the path of the issuer or the endpoint inserted, and below the endpoint.

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use oauth_values::metadata::AuthorizationServerMetadata;

use crate::web::{
    AppState, error::JsonError, issuer, not_found, protected_resource::ProtectedResource,
};

pub async fn get(
    hub: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, JsonError> {
    let suffix = suffix(&request);
    let host = issuer::host(&request);
    match ProtectedResource::find_by_suffix(&hub, host.as_ref(), &suffix).await? {
        Some(ProtectedResource { issuer, .. }) => {
            let metadata = AuthorizationServerMetadata::new(&issuer.url, hub.ways_to_register);
            Ok(document(&metadata))
        }
        None => Ok(not_found::any(request).await),
    }
}

/// The issuer or the endpoint that a well-known path names, before or after the document's name.
pub(super) fn suffix(request: &HttpRequest) -> String {
    let matched = request.match_info();
    let space = matched.get("space").map(|slug| format!("spaces/{slug}"));
    let project = matched.get("project");
    let project = project.map(|key| format!("projects/{key}/mcp"));
    match (space, project) {
        (Some(space), Some(project)) => format!("{space}/{project}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => matched.get("suffix").unwrap_or_default().to_owned(),
    }
}

pub(super) fn document(metadata: &impl serde::Serialize) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .json(metadata)
}
