//! `POST /token` (RFC 6749 §3.2): one file per grant type.
//!
//! Everything about a code or refresh token is validated before it is consumed;
//! consumption and the new pair are one transaction.

mod authorization_code;
mod refresh_token;

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use super::{
    Hub, Issuer,
    client_auth::Presented,
    error::JsonError,
    issuer::ForClient,
    limits::{Attempt, Endpoint},
};
use crate::{
    db::{self, access_tokens::NewAccessToken, refresh_tokens::NewRefreshToken},
    domain::GrantId,
    oauth::{
        ErrorCode, OAuthError, Params, Scopes,
        token::{AccessToken, RefreshToken},
    },
};

/// Largest body of an OAuth endpoint, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

pub async fn post(
    hub: web::Data<Hub>,
    ForClient(issuer): ForClient,
    request: HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
) -> Result<HttpResponse, JsonError> {
    let sender = hub.limits.sender(&request);
    let asked = whole(body).and_then(|body| {
        let params = form(&request, &body)?;
        Ok((Presented::read(&request, &params, sender)?, params))
    });
    let client_id = asked
        .as_ref()
        .ok()
        .and_then(|(presented, _)| presented.client_id.clone());
    let attempt = Attempt {
        endpoint: Endpoint::Token,
        sender,
        client_id: client_id.as_deref(),
    };
    let answer = async {
        let (presented, params) = asked?;
        exchange(&hub, &issuer, presented, &params).await
    };
    let answer = hub
        .limits
        .counting(attempt, JsonError::from, answer)
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::PRAGMA, "no-cache"))
        .json(answer))
}

async fn exchange(
    hub: &Hub,
    issuer: &Issuer,
    presented: Presented,
    params: &Params,
) -> Result<TokenAnswer, JsonError> {
    match params.require("grant_type")? {
        "authorization_code" => authorization_code::exchange(hub, issuer, presented, params).await,
        "refresh_token" => refresh_token::exchange(hub, issuer, presented, params).await,
        _ => Err(OAuthError::new(
            ErrorCode::UnsupportedGrantType,
            "The parameter 'grant_type' must be 'authorization_code' or 'refresh_token'.",
        )
        .into()),
    }
}

/// The body, or the error that fits what went wrong with it.
pub fn whole(body: Result<web::Bytes, actix_web::Error>) -> Result<web::Bytes, JsonError> {
    body.map_err(|error| {
        if error.as_response_error().status_code() == 413 {
            JsonError::TooLarge { limit: MAX_BODY }
        } else {
            OAuthError::new(ErrorCode::InvalidRequest, "The body could not be read.").into()
        }
    })
}

pub fn form(request: &HttpRequest, body: &[u8]) -> Result<Params, OAuthError> {
    use actix_web::HttpMessage;
    if !request
        .content_type()
        .eq_ignore_ascii_case("application/x-www-form-urlencoded")
    {
        return Err(OAuthError::new(
            ErrorCode::InvalidRequest,
            "The body must be application/x-www-form-urlencoded.",
        ));
    }
    Params::parse(body)
}

/// A successful answer (RFC 6749 §5.1). Serialized, it is also what the grace
/// window keeps, sealed.
#[derive(Serialize, Deserialize)]
struct TokenAnswer {
    access_token: String,
    token_type: String,
    expires_in: u64,
    refresh_token: String,
    scope: String,
}

/// Makes and stores a pair of tokens for a grant.
async fn issue_pair(
    hub: &Hub,
    db: &mut PgConnection,
    grant: GrantId,
    access_scopes: Scopes,
    refresh_scopes: Scopes,
) -> Result<(TokenAnswer, RefreshToken), sqlx::Error> {
    let access_token = AccessToken::generate(&hub.random);
    let refresh_token = RefreshToken::generate(&hub.random);
    db::refresh_tokens::insert(
        &mut *db,
        &NewRefreshToken {
            hash: refresh_token.hash(),
            grant,
            scopes: refresh_scopes,
            lifetime: hub.lifetimes.refresh_token,
        },
    )
    .await?;
    db::access_tokens::insert(
        &mut *db,
        &NewAccessToken {
            hash: access_token.hash(),
            grant,
            refresh_token: refresh_token.hash(),
            scopes: access_scopes,
            lifetime: hub.lifetimes.access_token,
        },
    )
    .await?;
    let answer = TokenAnswer {
        access_token: access_token.reveal().to_owned(),
        token_type: "Bearer".to_owned(),
        expires_in: hub.lifetimes.access_token.as_secs(),
        refresh_token: refresh_token.reveal().to_owned(),
        scope: access_scopes.to_string(),
    };
    Ok((answer, refresh_token))
}

/// Not `invalid_grant`: on that a client throws its tokens away, and these are good again
/// when the space is enabled. The code is the one of RFC 8628 §3.5 for a grant that may not be.
fn space_disabled() -> OAuthError {
    OAuthError::new(ErrorCode::AccessDenied, "The Backlog space is disabled.")
}

fn invalid_grant(description: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidGrant, description)
}
