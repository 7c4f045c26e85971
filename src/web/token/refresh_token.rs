//! `grant_type=refresh_token` (RFC 6749 §6), with rotation.
//!
//! 1. The row is locked: presentations of one token queue, across all replicas.
//! 2. The client, its space, the time and the scope are checked; nothing changes
//!    for a wrong one.
//! 3. First use: a new pair; its answer is kept, sealed, for the grace window.
//! 4. Again inside the window: the same answer, or its refresh token with an access token of the
//!    scopes that are asked for now.
//! 5. Again after it: if nothing of the successor was ever used, the answer was
//!    lost, and another successor takes its place; should the first one turn up after
//!    all, it is judged by this same step. Otherwise it is a replay: the grant ends.
//! 6. Each repeat is audited and counted (`repeat`).

use super::{
    TokenAnswer, invalid_grant, issue_pair,
    repeat::{self, Outcome},
    space_disabled,
};
use crate::{
    db::{
        self,
        refresh_tokens::{State, Stored},
    },
    domain::{GrantId, RevocationReason, activity::Actor},
    oauth::{ErrorCode, OAuthError, Params, Scopes, resource, token::RefreshToken},
    observe::SecurityEvent,
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

    if let State::InGrace {
        answer,
        successor,
        late,
    } = &stored.state
    {
        let kept = repeat::open(hub, hash, answer)?;
        let pair = (stored.grant, *successor);
        let (answer, outcome) = repeat::again(hub, &mut transaction, pair, kept, scopes).await?;
        transaction.commit().await?;
        repeat::note(hub, stored.grant, outcome, *late).await;
        return Ok(answer);
    }
    let (answer, successor) =
        issue_pair(hub, &mut transaction, stored.grant, scopes, stored.scopes).await?;
    if let State::Spent {
        successor: lost, ..
    } = stored.state
    {
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
        &repeat::seal(hub, hash, &answer)?,
        hub.lifetimes.refresh_grace,
    )
    .await?;
    transaction.commit().await?;
    if let State::Spent { late, .. } = stored.state {
        repeat::note(hub, stored.grant, Outcome::Replaced, late).await;
    }
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
    if db::grants::revoke(&hub.db, grant, reason).await? {
        tracing::warn!(%grant, reason = reason.as_str(), "grant revoked");
    }
    Ok(JsonError::Replayed(
        invalid_grant(UNKNOWN),
        SecurityEvent::RefreshTokenReplayed,
    ))
}

/// The scopes of the new access token: those of the refresh token that the client asks for. A client
/// that repeats what it asked for at first, though the user allowed less, gets what was allowed.
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
