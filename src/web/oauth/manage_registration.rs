//! `GET`, `PUT` and `DELETE /register/{client_id}`: a client manages its own registration with its
//! registration access token (RFC 7592).
//!
//! Only a registration that is not shared has such a token: installations that send the same public
//! metadata share one row, which none of them may change.

use actix_web::{HttpRequest, HttpResponse, ResponseError, http::header, web};
use oauth_values::{
    ErrorCode, OAuthError, bearer,
    registration::{ClientMetadata, Registration},
    token::{ClientSecret, RegistrationAccessToken, RegistrationKind},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::register::{self, Issued};
use crate::web::{
    AppState, Issuer,
    error::JsonError,
    issuer::ForClient,
    limits::{Holder, Limited},
    request_body::OAuthBody,
};
use crate::{
    db::{self, clients::Registered},
    domain::client::ClientAuth,
};

/// An error of RFC 7592 §2. An invalid token is a 401 without a reason.
pub enum ManagementError {
    Unauthorized,
    Json(JsonError),
}

impl From<JsonError> for ManagementError {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

impl From<sqlx::Error> for ManagementError {
    fn from(error: sqlx::Error) -> Self {
        Self::Json(error.into())
    }
}

impl From<Limited> for ManagementError {
    fn from(limited: Limited) -> Self {
        Self::Json(limited.into())
    }
}

impl From<OAuthError> for ManagementError {
    fn from(error: OAuthError) -> Self {
        Self::Json(error.into())
    }
}

impl std::fmt::Debug for ManagementError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::fmt::Display for ManagementError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unauthorized => f.write_str("the registration access token is not valid"),
            Self::Json(error) => error.fmt(f),
        }
    }
}

impl ResponseError for ManagementError {
    fn status_code(&self) -> actix_web::http::StatusCode {
        match self {
            Self::Unauthorized => actix_web::http::StatusCode::UNAUTHORIZED,
            Self::Json(error) => error.status_code(),
        }
    }

    fn error_response(&self) -> HttpResponse {
        match self {
            Self::Unauthorized => HttpResponse::Unauthorized()
                .insert_header((header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\""))
                .finish(),
            Self::Json(error) => error.error_response(),
        }
    }
}

/// The client that the presented token manages.
struct Managed {
    token: RegistrationAccessToken,
    registered: Registered,
}

/// A request with a valid token counts for its registration, and an invalid token of an older form
/// for its address. A token that the hub never issued costs nothing.
async fn authenticate(
    hub: &AppState,
    issuer: &Issuer,
    request: &HttpRequest,
) -> Result<Managed, ManagementError> {
    let client_id = request
        .match_info()
        .get("client_id")
        .filter(|client_id| !client_id.contains('\0'))
        .ok_or(ManagementError::Unauthorized)?;
    let (token, credential) = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(bearer::token_of)
        .and_then(|token| hub.read::<RegistrationKind>(token))
        .ok_or(ManagementError::Unauthorized)?;
    let holder = Holder::Registration(token.hash());
    hub.limits.check_holder(holder)?;
    let sender = hub.limits.sender(request);
    let found = async {
        let space = issuer.space_id();
        db::clients::find_managed(&hub.db, client_id, space, token.hash())
            .await
            .map_err(ManagementError::from)
    };
    let registered = hub
        .look_up(credential, sender, found)
        .await?
        .ok_or(ManagementError::Unauthorized)?;
    Ok(Managed { token, registered })
}

pub async fn get(
    hub: web::Data<AppState>,
    ForClient(issuer): ForClient,
    request: HttpRequest,
) -> Result<HttpResponse, ManagementError> {
    let managed = authenticate(&hub, &issuer, &request).await?;
    let client = db::clients::find_by_client_id(&hub.db, &managed.registered.client_id)
        .await?
        .ok_or(ManagementError::Unauthorized)?;
    Ok(client_response(&issuer, &managed, &client.registration()))
}

pub async fn put(
    hub: web::Data<AppState>,
    ForClient(issuer): ForClient,
    request: HttpRequest,
    body: Result<OAuthBody, JsonError>,
) -> Result<HttpResponse, ManagementError> {
    let managed = authenticate(&hub, &issuer, &request).await?;
    let body = body?;
    register::check_type(&request)?;
    let registration = ClientMetadata::from_json(body.bytes())?.validate()?;
    check_identity(&hub, &managed, body.bytes()).await?;
    if !db::clients::update_managed(&hub.db, managed.token.hash(), &registration).await? {
        return Err(OAuthError::new(
            ErrorCode::InvalidClientMetadata,
            "The field 'token_endpoint_auth_method' cannot change; register again.",
        )
        .into());
    }
    Ok(client_response(&issuer, &managed, &registration))
}

/// The client's identity as the update states it; it must be correct (RFC 7592 §2.2).
#[derive(Deserialize)]
struct Identity {
    client_id: Option<String>,
    client_secret: Option<SecretString>,
}

async fn check_identity(
    hub: &AppState,
    managed: &Managed,
    body: &[u8],
) -> Result<(), ManagementError> {
    let invalid = |description| OAuthError::new(ErrorCode::InvalidClientMetadata, description);
    let stated: Identity = serde_json::from_slice(body)
        .map_err(|_| invalid("The fields 'client_id' and 'client_secret' must be strings."))?;
    let own_id = &managed.registered.client_id;
    if stated.client_id.is_some_and(|stated| stated != *own_id) {
        return Err(invalid("The field 'client_id' names another client.").into());
    }
    let Some(secret) = stated.client_secret else {
        return Ok(());
    };
    let client = db::clients::find_by_client_id(&hub.db, own_id).await?;
    let is_current = match client.map(|client| client.auth) {
        // A secret that the hub never issued is not worth a comparison.
        Some(ClientAuth::Secret { hash, .. })
            if ClientSecret::parse(secret.expose_secret()).is_some() =>
        {
            hub.secrets
                .verify(secret, hash)
                .await
                .map_err(|error| JsonError::Unavailable(error.to_string()))?
        }
        _ => false,
    };
    if !is_current {
        return Err(invalid("The field 'client_secret' is not the client's secret.").into());
    }
    Ok(())
}

pub async fn delete(
    hub: web::Data<AppState>,
    ForClient(issuer): ForClient,
    request: HttpRequest,
) -> Result<HttpResponse, ManagementError> {
    let managed = authenticate(&hub, &issuer, &request).await?;
    let mut transaction = hub.db.begin().await?;
    db::clients::delete_managed(&mut transaction, managed.token.hash()).await?;
    transaction.commit().await?;
    tracing::info!(
        client_id = managed.registered.client_id,
        "a client deleted its registration"
    );
    Ok(HttpResponse::NoContent().finish())
}

fn client_response(
    issuer: &Issuer,
    managed: &Managed,
    registration: &Registration,
) -> HttpResponse {
    let issued = Issued {
        secret: None,
        registration_token: Some(&managed.token),
    };
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(register::response_body(
            issuer,
            registration,
            &managed.registered,
            &issued,
        ))
}
