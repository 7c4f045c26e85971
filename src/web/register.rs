//! `POST /register`: dynamic client registration (RFC 7591).
//!
//! 1. The metadata is validated as a whole; nothing is stored for a wrong one.
//! 2. A confidential client gets a secret, of which only an argon2id hash is kept.
//! 3. The same public metadata sent again yields the same `client_id`.

use actix_web::{HttpResponse, http::header, web};
use serde_json::json;

use super::{Hub, Issuer, error::JsonError};
use crate::{
    db::{self, clients::NewClient},
    domain::ClientKey,
    oauth::{
        RedirectUri,
        registration::{ClientMetadata, Registration},
        token::ClientSecret,
    },
};

pub async fn post(
    hub: web::Data<Hub>,
    issuer: Issuer,
    body: Result<web::Bytes, actix_web::Error>,
) -> Result<HttpResponse, JsonError> {
    let body = super::token::whole(body)?;
    let registration = ClientMetadata::from_json(&body)?.validate()?;

    let secret = registration
        .auth_method
        .needs_secret()
        .then(|| ClientSecret::generate(&hub.random));
    let secret_hash = match &secret {
        None => None,
        Some(secret) => Some(
            hub.secrets
                .hash(secret.reveal().into())
                .await
                .map_err(|error| JsonError::Unavailable(error.to_string()))?,
        ),
    };
    let key = ClientKey::new(&hub.clock, &hub.random);
    let registered = db::clients::register(
        &hub.db,
        &NewClient {
            key,
            client_id: &key.to_string(),
            space_id: issuer.space.as_ref().map(|space| space.id),
            registration: &registration,
            secret_hash: secret_hash.as_deref(),
        },
    )
    .await?;
    tracing::info!(client_id = registered.client_id, "a client registered");
    Ok(HttpResponse::Created()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(answer(&registration, &registered, secret.as_ref())))
}

/// The registered metadata (RFC 7591 §3.2.1).
fn answer(
    registration: &Registration,
    registered: &db::clients::Registered,
    secret: Option<&ClientSecret>,
) -> serde_json::Value {
    let redirect_uris: Vec<&str> = registration
        .redirect_uris
        .iter()
        .map(RedirectUri::as_str)
        .collect();
    let mut answer = json!({
        "client_id": registered.client_id,
        "client_id_issued_at": registered.created_at.timestamp(),
        "redirect_uris": redirect_uris,
        "token_endpoint_auth_method": registration.auth_method.as_str(),
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "application_type": registration.application_type.as_str(),
        "scope": registration.scopes.to_string(),
    });
    for (name, value) in [
        ("client_name", &registration.client_name),
        ("client_uri", &registration.client_uri),
    ] {
        if let Some(value) = value {
            answer[name] = json!(value);
        }
    }
    if let Some(secret) = secret {
        answer["client_secret"] = json!(secret.reveal());
        answer["client_secret_expires_at"] = json!(0);
    }
    answer
}
