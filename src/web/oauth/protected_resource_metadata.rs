//! `GET /.well-known/oauth-protected-resource` (RFC 9728), at the root and with the
//! endpoint's path.

use actix_web::{HttpRequest, HttpResponse, web};
use oauth_values::metadata::ProtectedResourceMetadata;

use super::authorization_server_metadata::{document, suffix};
use crate::web::{
    AppState, error::JsonError, issuer, not_found, protected_resource::ProtectedResource,
};

pub async fn get(
    hub: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, JsonError> {
    let suffix = suffix(&request);
    let host = issuer::host(&request);
    let found = ProtectedResource::find_by_suffix(&hub, host.as_ref(), &suffix).await?;
    let Some(ProtectedResource { issuer, url, .. }) = found else {
        return Ok(not_found::any(request).await);
    };
    let name = issuer
        .space
        .as_ref()
        .map_or_else(|| "Backlog".to_owned(), |space| space.name.clone());
    Ok(document(&ProtectedResourceMetadata::new(
        &issuer.url,
        &url,
        name,
    )))
}
