//! `POST /revoke` (RFC 7009): a client hands a token back.
//!
//! 1. The client authenticates as at `/token`; a public one may leave itself out
//!    where the token tells whose it is.
//! 2. A refresh token ends its grant, with the Backlog tokens behind it. An access
//!    token ends alone: a client that throws one away may still refresh.
//! 3. A token that is unknown, or another client's, is answered like a live one.

use actix_web::{HttpRequest, HttpResponse, http::header, web};

use super::{
    Hub, client_auth::Presented, error::JsonError, issuer::ForClient, limits::Endpoint, token,
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
    let params = token::form(&request, &token::whole(body)?)?;
    let mut presented = Presented::read(&request, &params)?;
    hub.limits
        .check(Endpoint::Revoke, &request, presented.client_id.as_deref())?;
    let text = params.require("token")?;
    // `token_type_hint` is not needed: the prefix tells.
    if let Some(refresh_token) = RefreshToken::parse(text) {
        let hash = refresh_token.hash();
        if presented.client_id.is_none() {
            presented.client_id = db::refresh_tokens::client_id_of(&hub.db, hash).await?;
        }
        if presented.client_id.is_some() {
            let client = presented.authenticate(&hub, &issuer).await?;
            let grant =
                db::refresh_tokens::grant_of(&hub.db, hash, client.key, &issuer.url).await?;
            if let Some(grant) = grant
                && db::grants::revoke(&hub.db, grant, None, RevocationReason::ByClient).await?
            {
                tracing::info!(%grant, reason = RevocationReason::ByClient.as_str(), "grant revoked");
            }
        }
    } else if let Some(access_token) = AccessToken::parse(text) {
        let hash = access_token.hash();
        if presented.client_id.is_none() {
            presented.client_id = db::access_tokens::client_id_of(&hub.db, hash).await?;
        }
        if presented.client_id.is_some() {
            let client = presented.authenticate(&hub, &issuer).await?;
            db::access_tokens::delete(&hub.db, hash, client.key, &issuer.url).await?;
        }
    } else if presented.client_id.is_some() {
        presented.authenticate(&hub, &issuer).await?;
    }
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish())
}
