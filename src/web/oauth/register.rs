//! `POST /register`: dynamic client registration (RFC 7591).
//!
//! 1. The metadata is validated as a whole; nothing is stored if it is invalid.
//! 2. A confidential client gets a secret; only its hash is stored.
//! 3. The same public metadata sent again returns the same `client_id` and stores nothing.
//! 4. A registration that is not shared can be managed (RFC 7592).
//! 5. Invalid registrations and new ones count for the address, each with its own limit. New ones
//!    count for all networks together as well.

use actix_web::{HttpMessage, HttpRequest, HttpResponse, http::header, web};
use oauth_values::{
    RedirectUri, client_id,
    metadata::GRANT_TYPES,
    registration::{AuthMethod, ClientMetadata, KeySource, Registration},
    token::{ClientSecret, RegistrationAccessToken, Token},
};
use serde_json::json;

use crate::web::{
    AppState, Issuer,
    error::JsonError,
    issuer::ForClient,
    limits::{Attempt, Endpoint, Sender, Work},
    request_body::OAuthBody,
};
use crate::{
    db::{
        self,
        clients::{NewClient, Registered},
    },
    domain::ClientKey,
};

pub async fn post(
    hub: web::Data<AppState>,
    ForClient(issuer): ForClient,
    request: HttpRequest,
    body: Result<OAuthBody, JsonError>,
) -> Result<HttpResponse, JsonError> {
    let attempt = Attempt {
        endpoint: Endpoint::Register,
        sender: hub.limits.sender(&request),
        client_id: None,
    };
    let registered = async {
        if !hub.ways_to_register.dynamic {
            return Err(JsonError::RegistrationOff);
        }
        let body = body?;
        check_type(&request)?;
        let registration = ClientMetadata::from_json(body.bytes())?.validate()?;
        register(&hub, &issuer, &registration, attempt.sender).await
    };
    let response = hub
        .limits
        .counting(attempt, JsonError::from, registered)
        .await?;
    Ok(HttpResponse::Created()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(response))
}

/// A web page cannot send this type without a preflight request (RFC 7591 §3.1).
pub fn check_type(request: &HttpRequest) -> Result<(), JsonError> {
    let is_json = request
        .content_type()
        .eq_ignore_ascii_case("application/json");
    is_json.then_some(()).ok_or(JsonError::NotJson)
}

async fn register(
    hub: &AppState,
    issuer: &Issuer,
    registration: &Registration,
    sender: Sender,
) -> Result<serde_json::Value, JsonError> {
    let space_id = issuer.space_id();
    if registration.auth_method == AuthMethod::None
        && let Some(known) = db::clients::find_same(&hub.db, registration, space_id).await?
    {
        return Ok(response_body(
            issuer,
            registration,
            &known,
            &Issued::default(),
        ));
    }
    hub.limits.check_work(Work::Registration, sender)?;
    hub.limits
        .check_registrations(sender)
        .map_err(JsonError::RegistrationsLimited)?;
    let secret = registration
        .auth_method
        .needs_secret()
        .then(|| ClientSecret::generate(&hub.random));
    let secret_hash = match &secret {
        None => None,
        Some(secret) => Some(
            hub.secrets
                .hash(&secret.reveal().into())
                .map_err(|error| JsonError::Unavailable(error.to_string()))?,
        ),
    };
    let registration_token = (registration.auth_method != AuthMethod::None)
        .then(|| RegistrationAccessToken::issue(&hub.random, &hub.check_key));
    let key = ClientKey::new(&hub.clock, &hub.random);
    let registered = db::clients::register(
        &hub.db,
        &NewClient {
            key,
            client_id: &client_id::issue(key.0, &hub.check_key),
            space_id,
            registration,
            secret_hash: secret_hash.as_deref(),
            registration_token: registration_token.as_ref().map(Token::hash),
        },
    )
    .await?;
    hub.newcomers.add();
    tracing::info!(client_id = registered.client_id, "a client registered");
    let issued = Issued {
        secret: secret.as_ref(),
        registration_token: registration_token.as_ref(),
    };
    Ok(response_body(issuer, registration, &registered, &issued))
}

/// The credentials in the response.
#[derive(Default)]
pub struct Issued<'a> {
    pub secret: Option<&'a ClientSecret>,
    pub registration_token: Option<&'a RegistrationAccessToken>,
}

/// The registered metadata (RFC 7591 §3.2.1, RFC 7592 §3).
pub fn response_body(
    issuer: &Issuer,
    registration: &Registration,
    registered: &Registered,
    issued: &Issued<'_>,
) -> serde_json::Value {
    let redirect_uris: Vec<&str> = registration
        .redirect_uris
        .iter()
        .map(RedirectUri::as_str)
        .collect();
    let mut body = json!({
        "client_id": registered.client_id,
        "client_id_issued_at": registered.created_at.timestamp(),
        "redirect_uris": redirect_uris,
        "token_endpoint_auth_method": registration.auth_method.as_str(),
        "grant_types": GRANT_TYPES,
        "response_types": ["code"],
        "application_type": registration.application_type.as_str(),
        "scope": registration.scopes.to_string(),
    });
    for (name, value) in [
        ("client_name", &registration.client_name),
        ("client_uri", &registration.client_uri),
    ] {
        if let Some(value) = value {
            body[name] = json!(value);
        }
    }
    match &registration.keys {
        Some(KeySource::Inline(jwks)) => {
            body["jwks"] = serde_json::from_str(jwks).unwrap_or_default();
        }
        Some(KeySource::Uri(uri)) => body["jwks_uri"] = json!(uri),
        None => {}
    }
    if let Some(token) = issued.registration_token {
        body["registration_access_token"] = json!(token.reveal());
        body["registration_client_uri"] =
            json!(format!("{}/register/{}", issuer.url, registered.client_id));
    }
    if let Some(secret) = issued.secret {
        body["client_secret"] = json!(secret.reveal());
        body["client_secret_expires_at"] = json!(0);
    }
    body
}
