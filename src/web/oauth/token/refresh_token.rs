//! `grant_type=refresh_token` (RFC 6749 §6), with rotation.
//!
//! 1. The row is locked: concurrent uses of one token queue, across all replicas.
//! 2. The client, its space, the expiry and the scopes are checked, and whether the space allows the
//!    client and the network; an invalid request changes nothing.
//! 3. First use: a new pair; the response is kept, sealed, for the grace window.
//! 4. Repeat within the window: the same response, or its refresh token with an access token of the
//!    scopes requested now.
//! 5. Repeat after the window: if no token of the successor was ever used, the response was lost,
//!    and another successor replaces it. If the lost one is presented later, this same step
//!    applies. Otherwise it is a replay: the grant ends.
//! 6. Each repeat is audited and counted (`repeat`).

use std::net::IpAddr;

use ipnet::IpNet;
use oauth_values::{
    ErrorCode, OAuthError, Params, Scopes,
    token::{RefreshToken, TokenHash},
};
use sqlx::{PgConnection, Postgres, Transaction};

use super::{
    repeat::{self, Outcome},
    requested_resource::is_admitted,
    response::{TokenResponse, invalid_grant, issue_pair, space_disabled},
    sender::Sender,
};
use crate::{
    db::{
        self,
        refresh_tokens::{State, Stored},
    },
    domain::{Client, GrantId, RevocationReason, audit_event::Actor, security::SecurityEvent},
    web::{
        AppState, Issuer,
        error::JsonError,
        limits::Holder,
        not_allowed::{self, NotAllowed},
        oauth::client_auth::Presented,
    },
};

const UNKNOWN: &str = "The refresh token is unknown, expired or revoked.";

pub(super) async fn exchange(
    hub: &AppState,
    issuer: &Issuer,
    mut presented: Presented,
    params: &Params,
    from: Sender,
) -> Result<TokenResponse, JsonError> {
    let hash = RefreshToken::parse(params.require("refresh_token")?)
        .ok_or_else(|| invalid_grant(UNKNOWN))?
        .hash();
    if presented.client_id.is_none() {
        // Some clients omit it; the token identifies the client.
        presented.client_id = db::refresh_tokens::client_id_of(&hub.db, hash).await?;
        if presented.client_id.is_none() {
            return Err(invalid_grant(UNKNOWN).into());
        }
    }
    let client = presented.authenticate(hub, issuer).await?;

    let mut transaction = hub.db.begin().await?;
    let stored = db::refresh_tokens::lock(&mut *transaction, hash, hub.lifetimes.grant)
        .await?
        .filter(|token| token.client == client.key && token.issuer == issuer.url)
        .ok_or_else(|| invalid_grant(UNKNOWN))?;
    hub.limits.check_holder(Holder::Grant(stored.grant))?;
    let scopes = check(issuer, params, &stored)?;
    check_allowed(&stored, &client, from.address)?;

    if let State::InGrace {
        response,
        successor,
        late,
    } = &stored.state
    {
        let kept = repeat::open(hub, hash, response)?;
        let pair = (stored.grant, *successor);
        let (response, outcome) = repeat::again(hub, &mut transaction, pair, kept, scopes).await?;
        transaction.commit().await?;
        repeat::note(hub, stored.grant, outcome, *late).await;
        return Ok(response);
    }
    rotate(hub, transaction, hash, (&stored, scopes), from.network).await
}

/// Checks that the operator of the space allows the client and the network.
fn check_allowed(
    stored: &Stored,
    client: &Client,
    address: Option<IpAddr>,
) -> Result<(), NotAllowed> {
    let redirect_uri = stored.redirect_uri.as_deref();
    not_allowed::check_client(&stored.allowed_clients, client, redirect_uri)?;
    not_allowed::check_network(&stored.allowed_networks, address)
}

/// Issues a new pair, with which the presented token is consumed.
async fn rotate(
    hub: &AppState,
    mut transaction: Transaction<'_, Postgres>,
    hash: TokenHash,
    (stored, scopes): (&Stored, Scopes),
    network: Option<IpNet>,
) -> Result<TokenResponse, JsonError> {
    let (response, successor) =
        issue_pair(hub, &mut transaction, stored.grant, scopes, stored.scopes).await?;
    if let State::Spent {
        successor: lost, ..
    } = stored.state
        && !supersede_unused(&mut transaction, lost, successor.hash()).await?
    {
        transaction.rollback().await?;
        return Err(replayed(hub, stored.grant).await?);
    }
    db::refresh_tokens::consume(
        &mut *transaction,
        hash,
        successor.hash(),
        &repeat::seal(hub, hash, &response)?,
        hub.lifetimes.refresh_grace,
    )
    .await?;
    transaction.commit().await?;
    if let State::Spent { late, .. } = stored.state {
        repeat::note(hub, stored.grant, Outcome::Replaced, late).await;
    }
    if let Some(journal) = &hub.recorder.journal {
        let actor = Actor {
            grant: stored.grant,
            client: stored.client,
            space: stored.space,
        };
        journal.token_refreshed(actor, network);
    }
    Ok(response)
}

/// Replaces the pair of a lost response. False: one of its tokens was used, so it was not lost.
async fn supersede_unused(
    db: &mut PgConnection,
    lost: TokenHash,
    successor: TokenHash,
) -> Result<bool, sqlx::Error> {
    Ok(
        db::refresh_tokens::supersede(&mut *db, lost, successor).await?
            && db::access_tokens::delete_unused_of_pair(db, lost).await?,
    )
}

/// Ends the grant of a replayed token and returns the error.
async fn replayed(hub: &AppState, grant: GrantId) -> Result<JsonError, sqlx::Error> {
    let reason = RevocationReason::RefreshTokenReplayed;
    if db::grants::revoke(&hub.db, grant, reason).await? {
        tracing::warn!(%grant, reason = reason.as_str(), "grant revoked");
    }
    Ok(JsonError::Replayed(
        invalid_grant(UNKNOWN),
        SecurityEvent::RefreshTokenReplayed,
    ))
}

/// The scopes of the new access token: the requested ones that the refresh token has. A client that
/// repeats its first request, although the user granted less, gets the granted scopes.
fn check(issuer: &Issuer, params: &Params, stored: &Stored) -> Result<Scopes, OAuthError> {
    if stored.expired || stored.grant_revoked {
        return Err(invalid_grant(UNKNOWN));
    }
    if stored.account_ended {
        return Err(invalid_grant(
            "Backlog no longer accepts this sign-in; sign in again.",
        ));
    }
    if stored.space_disabled {
        return Err(space_disabled());
    }
    if !is_admitted(issuer, params, &stored.resource) {
        return Err(OAuthError::new(
            ErrorCode::InvalidTarget,
            "The parameter 'resource' differs from the grant's.",
        ));
    }
    let Some(list) = params.get("scope") else {
        return Ok(stored.scopes);
    };
    let granted = Scopes::requested(Some(list)).intersection(stored.scopes);
    if granted.is_empty() {
        return Err(OAuthError::new(
            ErrorCode::InvalidScope,
            "The parameter 'scope' contains no granted scope.",
        ));
    }
    Ok(granted)
}
