//! `POST /revoke` (RFC 7009): a client hands a token back.
//!
//! 1. The client authenticates as at `/token`; a public one may leave itself out
//!    where the token tells whose it is.
//! 2. A refresh token ends its grant, with the Backlog tokens behind it. An access
//!    token ends alone: a client that throws one away may still refresh.
//! 3. A token that is unknown, or another client's, is answered like a live one.

use actix_web::{HttpRequest, HttpResponse, http::header, web};

use super::{
    Hub, Issuer,
    client_auth::Presented,
    error::JsonError,
    issuer::ForClient,
    limits::{Attempt, Endpoint},
    token,
};
use crate::{
    db,
    domain::RevocationReason,
    oauth::token::{AccessToken, RefreshToken},
};

pub async fn post(
    hub: web::Data<Hub>,
    ForClient(issuer): ForClient,
    request: HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
) -> Result<HttpResponse, JsonError> {
    let sender = hub.limits.sender(&request);
    let asked = token::whole(body).and_then(|body| {
        let params = token::form(&request, &body)?;
        Ok((Presented::read(&request, &params, sender)?, params))
    });
    let client_id = asked
        .as_ref()
        .ok()
        .and_then(|(presented, _)| presented.client_id.clone());
    let attempt = Attempt {
        endpoint: Endpoint::Revoke,
        sender,
        client_id: client_id.as_deref(),
    };
    let ended = async {
        let (presented, params) = asked?;
        let text = params.require("token")?;
        end(&hub, &issuer, presented, text).await
    };
    if !hub.limits.counting(attempt, JsonError::from, ended).await? {
        // The client does not learn it, but tokens may be guessed here as well.
        hub.limits.count_failure(attempt)?;
    }
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish())
}

/// Ends what the token stands for. False: it is not a live one of this client.
async fn end(
    hub: &Hub,
    issuer: &Issuer,
    mut presented: Presented,
    text: &str,
) -> Result<bool, JsonError> {
    // `token_type_hint` is not needed: the prefix tells.
    if let Some(refresh_token) = RefreshToken::parse(text) {
        let hash = refresh_token.hash();
        if presented.client_id.is_none() {
            presented.client_id = db::refresh_tokens::client_id_of(&hub.db, hash).await?;
        }
        if presented.client_id.is_none() {
            return Ok(false);
        }
        let client = presented.authenticate(hub, issuer).await?;
        let grant = db::refresh_tokens::grant_of(&hub.db, hash, client.key, &issuer.url).await?;
        let Some(grant) = grant else {
            return Ok(false);
        };
        let reason = RevocationReason::ByClient;
        let ended = db::grants::revoke(&hub.db, grant, None, reason).await?;
        if ended {
            tracing::info!(%grant, reason = reason.as_str(), "grant revoked");
        }
        return Ok(ended);
    }
    if let Some(access_token) = AccessToken::parse(text) {
        let hash = access_token.hash();
        if presented.client_id.is_none() {
            presented.client_id = db::access_tokens::client_id_of(&hub.db, hash).await?;
        }
        if presented.client_id.is_none() {
            return Ok(false);
        }
        let client = presented.authenticate(hub, issuer).await?;
        return Ok(db::access_tokens::delete(&hub.db, hash, client.key, &issuer.url).await?);
    }
    if presented.client_id.is_some() {
        presented.authenticate(hub, issuer).await?;
    }
    Ok(false)
}
