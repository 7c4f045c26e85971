//! `GET /.well-known/oauth-authorization-server` (RFC 8414), in every form that
//! clients ask for: at the root, with the issuer's or the endpoint's path inserted,
//! and below the endpoint.

use actix_web::{HttpRequest, HttpResponse, http::header, web};

use super::{Hub, Issuer, error::JsonError, issuer, not_found};
use crate::oauth::metadata::AuthorizationServerMetadata;

pub async fn get(hub: web::Data<Hub>, request: HttpRequest) -> Result<HttpResponse, JsonError> {
    let suffix = suffix(&request);
    let host = issuer::host(&request);
    match Issuer::find_by_suffix(&hub, host.as_ref(), &suffix).await? {
        Some(issuer) => {
            let metadata = AuthorizationServerMetadata::new(&issuer.url, hub.ways_to_register);
            Ok(document(&metadata))
        }
        None => Ok(not_found::any(request).await),
    }
}

/// What a well-known path speaks of, whether it stands after or before the name.
pub(super) fn suffix(request: &HttpRequest) -> String {
    let matched = request.match_info();
    let space = matched.get("space").map(|slug| format!("spaces/{slug}"));
    space
        .or_else(|| matched.get("suffix").map(str::to_owned))
        .unwrap_or_default()
}

pub(super) fn document(metadata: &impl serde::Serialize) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .json(metadata)
}
