//! `grant_type=refresh_token` (RFC 6749 §6), with rotation.
//!
//! 1. The row is locked: presentations of one token queue, across all replicas.
//! 2. The client, its space, the time and the scope are checked; nothing changes
//!    for a wrong one.
//! 3. First use: a new pair; its answer is kept, sealed, for the grace window.
//! 4. Again inside the window: the same answer. Clients run several processes that
//!    share a token, and answers get lost.
//! 5. Again after it: if nothing of the successor was ever used, the answer was
//!    lost, and another successor takes its place; should the first one turn up after
//!    all, it is judged by this same step. Otherwise it is a replay: the grant ends.

use secrecy::ExposeSecret;

use super::{TokenAnswer, invalid_grant, issue_pair, space_disabled};
use crate::{
    crypto::Place,
    db::{
        self,
        refresh_tokens::{State, Stored},
    },
    domain::{GrantId, RevocationReason, activity::Actor},
    oauth::{
        ErrorCode, OAuthError, Params, Scopes, resource,
        token::{RefreshToken, TokenHash},
    },
    web::{Hub, Issuer, client_auth::Presented, error::JsonError, limits::Holder},
};

const UNKNOWN: &str = "The refresh token is unknown, expired or revoked.";

pub async fn exchange(
    hub: &Hub,
    issuer: &Issuer,
    mut presented: Presented,
    params: &Params,
) -> Result<TokenAnswer, JsonError> {
    let hash = RefreshToken::parse(params.require("refresh_token")?)
        .ok_or_else(|| invalid_grant(UNKNOWN))?
        .hash();
    if presented.client_id.is_none() {
        // Some clients leave it out; the token knows whose it is.
        presented.client_id = db::refresh_tokens::client_id_of(&hub.db, hash).await?;
        if presented.client_id.is_none() {
            return Err(invalid_grant(UNKNOWN).into());
        }
    }
    let client = presented.authenticate(hub, issuer).await?;

    let mut transaction = hub.db.begin().await?;
    let stored = db::refresh_tokens::lock(&mut *transaction, hash)
        .await?
        .filter(|token| token.client == client.key && token.issuer == issuer.url)
        .ok_or_else(|| invalid_grant(UNKNOWN))?;
    hub.limits.check_holder(Holder::Grant(stored.grant))?;
    let scopes = check(issuer, params, &stored)?;

    match stored.state {
        State::Unused => {}
        State::InGrace { ref answer } => return open(hub, hash, answer),
        State::Spent { .. } => {}
    }
    let (answer, successor) =
        issue_pair(hub, &mut transaction, stored.grant, scopes, stored.scopes).await?;
    if let State::Spent { successor: lost } = stored.state {
        let was_unused = db::refresh_tokens::supersede(&mut *transaction, lost, successor.hash())
            .await?
            && db::access_tokens::delete_unused_of_pair(&mut transaction, lost).await?;
        if !was_unused {
            transaction.rollback().await?;
            return Err(replayed(hub, stored.grant).await?);
        }
    }
    db::refresh_tokens::consume(
        &mut *transaction,
        hash,
        successor.hash(),
        &seal(hub, hash, &answer)?,
        hub.lifetimes.refresh_grace,
    )
    .await?;
    transaction.commit().await?;
    if let Some(journal) = &hub.recorder.journal {
        journal.token_refreshed(Actor {
            grant: stored.grant,
            client: stored.client,
            space: stored.space,
        });
    }
    Ok(answer)
}

/// Ends the grant of a replayed token; the answer to whoever presented it.
async fn replayed(hub: &Hub, grant: GrantId) -> Result<JsonError, sqlx::Error> {
    let reason = RevocationReason::RefreshTokenReplayed;
    if db::grants::revoke(&hub.db, grant, None, reason).await? {
        tracing::warn!(%grant, reason = reason.as_str(), "grant revoked");
    }
    Ok(invalid_grant(UNKNOWN).into())
}

/// The scopes of the new access token: those of the refresh token that the client asks for. A client
/// that repeats what it asked for at first, though the user allowed less, gets what was allowed.
fn check(issuer: &Issuer, params: &Params, stored: &Stored) -> Result<Scopes, OAuthError> {
    if stored.expired || stored.grant_revoked {
        return Err(invalid_grant(UNKNOWN));
    }
    if stored.space_disabled {
        return Err(space_disabled());
    }
    if !resource::admit(params.resources(), &stored.resource, issuer.owns_host) {
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
            "The parameter 'scope' names nothing that was granted.",
        ));
    }
    Ok(granted)
}

fn place(row: &str) -> Place<'_> {
    Place {
        table: "refresh_tokens",
        column: "answer",
        row,
        bound_to: "",
    }
}

fn seal(hub: &Hub, hash: TokenHash, answer: &TokenAnswer) -> Result<String, JsonError> {
    let text =
        serde_json::to_string(answer).map_err(|error| JsonError::Unavailable(error.to_string()))?;
    Ok(hub.keys.seal(place(&hash.to_hex()), &text.into()))
}

/// # Errors
/// It does not open: with a key of a replica that has a newer ring, or by a newer version. The
/// token is good all the same, so the client is to come again, not to throw it away.
fn open(hub: &Hub, hash: TokenHash, sealed: &str) -> Result<TokenAnswer, JsonError> {
    let unavailable = |cause: String| {
        JsonError::Unavailable(format!(
            "the answer kept for the grace window does not open: {cause}"
        ))
    };
    let text = hub
        .keys
        .open(place(&hash.to_hex()), sealed)
        .map_err(|error| unavailable(error.to_string()))?;
    serde_json::from_str(text.expose_secret())
        // The error may quote a token.
        .map_err(|error| unavailable(format!("{:?} error", error.classify())))
}
