//! `grant_type=refresh_token` (RFC 6749 §6), with rotation.
//!
//! 1. One statement reads the token with its grant, space and client.
//! 2. The client, its space, the expiry and the scopes are checked, and whether the space allows the
//!    client and the network; an invalid request changes nothing.
//! 3. First use: one statement consumes the token and stores a new pair, with the sealed response for
//!    the grace window. That the token is unused decides among concurrent uses, across all replicas.
//! 4. Otherwise the row is locked, read and checked again ([`repeated`]).
//! 5. Repeat within the window: the same response, or its refresh token with an access token of the
//!    scopes requested now.
//! 6. Repeat after the window: if no token of the successor was ever used, the response was lost,
//!    and another successor replaces it. If the lost one is presented later, this same step
//!    applies. Otherwise it is a replay: the grant ends.
//! 7. Each repeat is audited and counted (`repeat`).

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
    response::{Pair, TokenResponse, invalid_grant, space_disabled},
    sender::Sender,
};
use crate::{
    db::{
        self,
        refresh_tokens::{State, Stored},
        token_pairs::Rotation,
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
    let found = db::refresh_tokens::find(&hub.db, hash, hub.lifetimes.grant).await?;
    let (stored, holder) = found.unzip();
    if presented.client_id.is_none() {
        // Some clients omit it; the token identifies the client.
        let holder = holder.as_ref().ok_or_else(|| invalid_grant(UNKNOWN))?;
        presented.client_id = Some(holder.client_id.clone());
    }
    let client = presented.authenticate_holder(hub, issuer, holder).await?;
    let asked = Asked {
        issuer,
        client: &client,
        params,
        address: from.address,
    };
    let stored = asked.own(stored)?;
    hub.limits.check_holder(Holder::Grant(stored.grant))?;
    let scopes = asked.check(&stored)?;
    let response = match stored.state {
        State::Unused => first_use(hub, hash, &stored, scopes).await?,
        State::InGrace { .. } | State::Spent { .. } => None,
    };
    let Some(response) = response else {
        return repeated(hub, hash, &asked, from.network).await;
    };
    note_refreshed(hub, &stored, from.network);
    Ok(response)
}

/// A request whose client has authenticated.
struct Asked<'a> {
    issuer: &'a Issuer,
    client: &'a Client,
    params: &'a Params,
    address: Option<IpAddr>,
}

impl Asked<'_> {
    /// The token, if it was issued to this client by this issuer.
    fn own(&self, stored: Option<Stored>) -> Result<Stored, OAuthError> {
        stored
            .filter(|token| token.client == self.client.key && token.issuer == self.issuer.url)
            .ok_or_else(|| invalid_grant(UNKNOWN))
    }

    /// Checks the request and the token, and returns the scopes of the new access token.
    fn check(&self, stored: &Stored) -> Result<Scopes, JsonError> {
        let scopes = check(self.issuer, self.params, stored)?;
        check_allowed(stored, self.client, self.address)?;
        Ok(scopes)
    }
}

/// Consumes a token that is unused, and stores a new pair. `None`: it is unused no longer, or its grant
/// has just ended.
async fn first_use(
    hub: &AppState,
    hash: TokenHash,
    stored: &Stored,
    scopes: Scopes,
) -> Result<Option<TokenResponse>, JsonError> {
    let all = (scopes, stored.scopes);
    let Pair { rows, response } = Pair::issue(hub, stored.grant, all, stored.time_left);
    let sealed_response = repeat::seal(hub, hash, &response)?;
    let rotation = Rotation {
        hash,
        sealed_response: &sealed_response,
        grace: hub.lifetimes.refresh_grace,
    };
    let is_consumed = db::token_pairs::for_refresh_token(&hub.db, &rotation, &rows).await?;
    Ok(is_consumed.then_some(response))
}

/// Responds to a token that was used before, while the row is locked.
async fn repeated(
    hub: &AppState,
    hash: TokenHash,
    asked: &Asked<'_>,
    network: Option<IpNet>,
) -> Result<TokenResponse, JsonError> {
    let mut transaction = hub.db.begin().await?;
    db::refresh_tokens::lock(&mut *transaction, hash).await?;
    let found = db::refresh_tokens::find(&mut *transaction, hash, hub.lifetimes.grant).await?;
    let stored = asked.own(found.map(|(stored, _)| stored))?;
    let scopes = asked.check(&stored)?;
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
    rotate(hub, transaction, hash, (&stored, scopes), network).await
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
    let all = (scopes, stored.scopes);
    let Pair { rows, response } = Pair::issue(hub, stored.grant, all, stored.time_left);
    let successor = rows.refresh_token.hash;
    db::refresh_tokens::insert(&mut *transaction, &rows.refresh_token).await?;
    db::access_tokens::insert(&mut *transaction, &rows.access_token).await?;
    if let State::Spent {
        successor: lost, ..
    } = stored.state
        && !supersede_unused(&mut transaction, stored.grant, lost, successor).await?
    {
        transaction.rollback().await?;
        return Err(replayed(hub, stored.grant).await?);
    }
    db::refresh_tokens::consume(
        &mut *transaction,
        hash,
        successor,
        &repeat::seal(hub, hash, &response)?,
        hub.lifetimes.refresh_grace,
    )
    .await?;
    transaction.commit().await?;
    if let State::Spent { late, .. } = stored.state {
        repeat::note(hub, stored.grant, Outcome::Replaced, late).await;
    }
    note_refreshed(hub, stored, network);
    Ok(response)
}

/// Queues the audit event of a refresh.
fn note_refreshed(hub: &AppState, stored: &Stored, network: Option<IpNet>) {
    if let Some(journal) = &hub.recorder.journal {
        let actor = Actor {
            grant: stored.grant,
            client: stored.client,
            space: stored.space,
        };
        journal.token_refreshed(actor, network);
    }
}

/// Replaces the pair of a lost response. False: one of its tokens was used, so it was not lost.
async fn supersede_unused(
    db: &mut PgConnection,
    grant: GrantId,
    lost: TokenHash,
    successor: TokenHash,
) -> Result<bool, sqlx::Error> {
    Ok(
        db::refresh_tokens::supersede(&mut *db, lost, successor).await?
            && db::access_tokens::delete_unused_of_pair(db, grant, lost).await?,
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
