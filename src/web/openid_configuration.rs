//! `GET /.well-known/openid-configuration`: the authorization server's metadata again,
//! for clients that look for it here, and the key set that the schema of this
//! document makes it name. No ID token is issued, so the set is empty.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    Hub, Issuer,
    authorization_server_metadata::{document, suffix},
    error::JsonError,
    issuer, not_found,
};
use crate::oauth::metadata::OpenIdMetadata;

pub async fn get(hub: web::Data<Hub>, request: HttpRequest) -> Result<HttpResponse, JsonError> {
    let suffix = suffix(&request);
    let host = issuer::host(&request);
    match Issuer::find_by_suffix(&hub, host.as_ref(), &suffix).await? {
        Some(issuer) => {
            let metadata = OpenIdMetadata::new(&issuer.url, hub.ways_to_register);
            Ok(document(&metadata))
        }
        None => Ok(not_found::any(request).await),
    }
}

pub async fn keys() -> HttpResponse {
    document(&serde_json::json!({ "keys": [] }))
}
