//! `grant_type=authorization_code` (RFC 6749 §4.1.3).
//!
//! 1. The client authenticates; the code must exist and belong to this client.
//! 2. Redirect URI, PKCE verifier, resource, space and expiry are checked, and whether the space
//!    allows the client and the network.
//! 3. A code that was used before ends its grant (RFC 6749 §4.1.2); only its own client, with the
//!    verifier, can cause that.
//! 4. One statement consumes the code; the token pair is issued with it.

use std::net::IpAddr;

use oauth_values::{
    ErrorCode, OAuthError, Params,
    token::{AuthorizationCode, TokenHash},
};

use super::{
    requested_resource::is_admitted,
    response::{TokenResponse, invalid_grant, issue_pair, space_disabled},
};
use crate::{
    db::{self, authorization_codes::Code},
    domain::{Client, GrantId, RevocationReason, security::SecurityEvent},
    web::{
        AppState, Issuer,
        error::JsonError,
        not_allowed::{self, NotAllowed},
        oauth::client_auth::Presented,
    },
};

const UNKNOWN: &str = "The authorization code is unknown, expired or already used.";

pub(super) async fn exchange(
    hub: &AppState,
    issuer: &Issuer,
    presented: Presented,
    params: &Params,
    address: Option<IpAddr>,
) -> Result<TokenResponse, JsonError> {
    let client = presented.authenticate(hub, issuer).await?;
    let code = params.require("code")?;
    let verifier = params.require("code_verifier")?;
    let hash = AuthorizationCode::parse(code)
        .ok_or_else(|| invalid_grant(UNKNOWN))?
        .hash();
    let stored = db::authorization_codes::find(&hub.db, hash)
        .await?
        .filter(|code| code.client == client.key && code.issuer == issuer.url)
        .ok_or_else(|| invalid_grant(UNKNOWN))?;
    check_request(issuer, params, verifier, &stored)?;
    if stored.consumed {
        return replayed(hub, stored.grant).await;
    }
    check_validity(&stored)?;
    check_allowed(&stored, &client, address)?;
    consume(hub, hash, &stored).await
}

/// Checks the parameters against those of the authorization request.
fn check_request(
    issuer: &Issuer,
    params: &Params,
    verifier: &str,
    stored: &Code,
) -> Result<(), OAuthError> {
    if params
        .get("redirect_uri")
        .is_some_and(|uri| uri != stored.redirect_uri)
    {
        return Err(invalid_grant(
            "The parameter 'redirect_uri' differs from the one in the authorization request.",
        ));
    }
    if !stored.code_challenge.is_met_by(verifier) {
        return Err(invalid_grant(
            "The parameter 'code_verifier' does not match the code challenge.",
        ));
    }
    if !is_admitted(issuer, params, &stored.resource) {
        return Err(OAuthError::new(
            ErrorCode::InvalidTarget,
            "The parameter 'resource' differs from the one in the authorization request.",
        ));
    }
    Ok(())
}

/// Checks that the code, its grant and its space are still valid.
fn check_validity(stored: &Code) -> Result<(), OAuthError> {
    if stored.expired || stored.grant_revoked {
        return Err(invalid_grant(UNKNOWN));
    }
    if stored.space_disabled {
        return Err(space_disabled());
    }
    Ok(())
}

/// Checks that the operator of the space allows the client and the network.
fn check_allowed(
    stored: &Code,
    client: &Client,
    address: Option<IpAddr>,
) -> Result<(), NotAllowed> {
    let redirect_uri = Some(stored.redirect_uri.as_str());
    not_allowed::check_client(&stored.allowed_clients, client, redirect_uri)?;
    not_allowed::check_network(&stored.allowed_networks, address)
}

/// Consumes the code, and issues the tokens with it.
async fn consume(
    hub: &AppState,
    hash: TokenHash,
    stored: &Code,
) -> Result<TokenResponse, JsonError> {
    let mut transaction = hub.db.begin().await?;
    if !db::authorization_codes::consume(&mut *transaction, hash).await? {
        transaction.rollback().await?;
        // The code has just expired, or another request used it first.
        return match db::authorization_codes::find(&hub.db, hash).await? {
            Some(code) if code.consumed => replayed(hub, code.grant).await,
            _ => Err(invalid_grant(UNKNOWN).into()),
        };
    }
    let scopes = stored.scopes;
    let (response, _) = issue_pair(hub, &mut transaction, stored.grant, scopes, scopes).await?;
    transaction.commit().await?;
    Ok(response)
}

pub(super) async fn replayed(hub: &AppState, grant: GrantId) -> Result<TokenResponse, JsonError> {
    let reason = RevocationReason::CodeReplayed;
    if db::grants::revoke(&hub.db, grant, reason).await? {
        tracing::warn!(%grant, reason = reason.as_str(), "grant revoked");
    }
    Err(JsonError::Replayed(
        invalid_grant(UNKNOWN),
        SecurityEvent::CodeReplayed,
    ))
}
