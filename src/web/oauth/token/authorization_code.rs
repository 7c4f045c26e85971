//! `grant_type=authorization_code` (RFC 6749 §4.1.3).
//!
//! 1. One statement reads the code with its grant, space and client. The client authenticates; the
//!    code must exist and belong to this client.
//! 2. Redirect URI, PKCE verifier, resource, space and expiry are checked, and whether the space
//!    allows the client and the network.
//! 3. A code that was used before ends its grant (RFC 6749 §4.1.2); only its own client, with the
//!    verifier, can cause that.
//! 4. One statement consumes the code and stores the token pair.

use std::net::IpAddr;

use oauth_values::{
    ErrorCode, OAuthError, Params,
    token::{AuthorizationCode, TokenHash},
};

use super::{
    requested_resource::is_admitted,
    response::{Pair, TokenResponse, invalid_grant, space_disabled},
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
    let hash = params.get("code").and_then(AuthorizationCode::parse);
    let hash = hash.map(|code| code.hash());
    let found = match hash {
        Some(hash) => db::authorization_codes::find(&hub.db, hash, hub.lifetimes.grant).await?,
        None => None,
    };
    let (stored, holder) = found.unzip();
    let client = presented.authenticate_holder(hub, issuer, holder).await?;
    params.require("code")?;
    let verifier = params.require("code_verifier")?;
    let hash = hash.ok_or_else(|| invalid_grant(UNKNOWN))?;
    let stored = stored
        .filter(|code: &Code| code.client == client.key && code.issuer == issuer.url)
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
    let all = (stored.scopes, stored.scopes);
    let Pair { rows, response } = Pair::issue(hub, stored.grant, all, stored.time_left);
    if db::token_pairs::for_code(&hub.db, hash, &rows).await? {
        return Ok(response);
    }
    // The code has just expired, its grant has ended, or another request used it first.
    match db::authorization_codes::find(&hub.db, hash, hub.lifetimes.grant).await? {
        Some((code, _)) if code.consumed => replayed(hub, code.grant).await,
        _ => Err(invalid_grant(UNKNOWN).into()),
    }
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
