//! `GET /.well-known/openid-configuration`: the authorization server's metadata, for clients that
//! look for it here. The schema of this document requires a key set; the hub issues no ID token, so
//! the set is empty.

use actix_web::{HttpRequest, HttpResponse, web};
use oauth_values::metadata::OpenIdMetadata;

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
    match ProtectedResource::find_by_suffix(&hub, host.as_ref(), &suffix).await? {
        Some(ProtectedResource { issuer, .. }) => {
            let metadata = OpenIdMetadata::new(&issuer.url, hub.ways_to_register);
            Ok(document(&metadata))
        }
        None => Ok(not_found::any(request).await),
    }
}

pub async fn keys() -> HttpResponse {
    document(&serde_json::json!({ "keys": [] }))
}
