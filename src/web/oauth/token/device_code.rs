//! `grant_type=urn:ietf:params:oauth:grant-type:device_code` (RFC 8628 §3.4).
//!
//! 1. A device that asks too often is told to slow down, before anything is looked up.
//! 2. The client authenticates; the code must exist and belong to this client and issuer.
//! 3. Until its user has decided, the device asks again. A code that was denied or has expired is an
//!    error of its own.
//! 4. Of an approved code, resource, grant and space are checked, and whether the space allows the
//!    client and the network. One statement consumes it and stores the token pair.
//! 5. A code that was used before ends its grant, like an authorization code.

use std::net::IpAddr;

use oauth_values::{
    ErrorCode, OAuthError, Params,
    token::{DeviceCode, TokenHash},
};

use super::{
    authorization_code::replayed,
    requested_resource::is_admitted,
    response::{Pair, TokenResponse, invalid_grant, space_disabled},
};
use crate::{
    db::{
        self,
        device_codes::{Approved, State, Stored},
    },
    domain::{Client, grant::TO_A_DEVICE},
    web::{AppState, Issuer, error::JsonError, not_allowed, oauth::client_auth::Presented},
};

const UNKNOWN: &str = "The device code is unknown, expired or already used.";

pub(super) async fn exchange(
    hub: &AppState,
    issuer: &Issuer,
    presented: Presented,
    params: &Params,
    address: Option<IpAddr>,
) -> Result<TokenResponse, JsonError> {
    let hash = DeviceCode::parse(params.require("device_code")?)
        .ok_or_else(|| invalid_grant(UNKNOWN))?
        .hash();
    if !hub.limits.check_poll(hash) {
        return Err(error(
            ErrorCode::SlowDown,
            "Ask less often: add 5 s to the interval.",
        ));
    }
    let found = db::device_codes::find(&hub.db, hash, hub.lifetimes.grant).await?;
    let (stored, holder) = found.unzip();
    let client = presented.authenticate_holder(hub, issuer, holder).await?;
    let stored = stored
        .filter(|code: &Stored| code.client == client.key && code.issuer == issuer.url)
        .ok_or_else(|| invalid_grant(UNKNOWN))?;
    if !is_admitted(issuer, params, &stored.resource) {
        return Err(error(
            ErrorCode::InvalidTarget,
            "The parameter 'resource' differs from the one in the device authorization request.",
        ));
    }
    match stored.state {
        State::Waiting => Err(error(
            ErrorCode::AuthorizationPending,
            "The user has not entered the code yet.",
        )),
        State::Denied => Err(error(
            ErrorCode::AccessDenied,
            "The user denied the request.",
        )),
        State::Expired => Err(error(
            ErrorCode::ExpiredToken,
            "The device code has expired.",
        )),
        State::Consumed(grant) => replayed(hub, grant).await,
        State::Approved(approved) => {
            check(&approved, &client, address)?;
            consume(hub, hash, &approved).await
        }
    }
}

/// Checks that the grant and its space are still valid, and that the operator of the space allows the
/// client and the network.
fn check(approved: &Approved, client: &Client, address: Option<IpAddr>) -> Result<(), JsonError> {
    if approved.grant_revoked {
        return Err(invalid_grant(UNKNOWN).into());
    }
    if approved.space_disabled {
        return Err(space_disabled().into());
    }
    not_allowed::check_client(&approved.allowed_clients, client, Some(TO_A_DEVICE))?;
    not_allowed::check_network(&approved.allowed_networks, address)?;
    Ok(())
}

/// Consumes the code, and issues the tokens with it.
async fn consume(
    hub: &AppState,
    hash: TokenHash,
    approved: &Approved,
) -> Result<TokenResponse, JsonError> {
    let all = (approved.scopes, approved.scopes);
    let Pair { rows, response } = Pair::issue(hub, approved.grant, all, approved.time_left);
    if db::token_pairs::for_device_code(&hub.db, hash, &rows).await? {
        return Ok(response);
    }
    // The code has just expired, its grant has ended, or another request used it first.
    let now = db::device_codes::find(&hub.db, hash, hub.lifetimes.grant).await?;
    match now.map(|(code, _)| code.state) {
        Some(State::Consumed(grant)) => replayed(hub, grant).await,
        Some(State::Approved(ended)) if ended.grant_revoked => Err(invalid_grant(UNKNOWN).into()),
        _ => Err(error(
            ErrorCode::ExpiredToken,
            "The device code has expired.",
        )),
    }
}

fn error(code: ErrorCode, description: &'static str) -> JsonError {
    OAuthError::new(code, description).into()
}
