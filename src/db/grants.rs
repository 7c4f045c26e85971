//! `hub.grants`: the grants, the Backlog tokens behind them, and the lease under
//! which one process at a time renews those.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{PgExecutor, postgres::types::PgInterval};

use super::{scopes_to_sql, spaces::SealedSample, unreadable};
use crate::domain::{BacklogTokenState, Grant, GrantId, RevocationReason};

/// Backlog tokens to store, sealed for the grant's row.
pub struct SealedTokens {
    pub access_token: String,
    pub refresh_token: String,
    /// Counted from the moment Backlog answered.
    pub expires_at: DateTime<Utc>,
}

#[tracing::instrument(level = "debug", name = "db.grants.insert", skip_all, fields(db.system.name = "postgresql"))]
pub async fn insert(
    db: impl PgExecutor<'_>,
    grant: &Grant,
    tokens: &SealedTokens,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO hub.grants
            (id, space_id, client_id, backlog_user_id, backlog_user_name, scopes, issuer,
             resource, backlog_access_token, backlog_refresh_token, backlog_expires_at)
         VALUES ($1, $2, $3, $4, $5, $6::text[], $7, $8, $9::text, $10::text, $11)",
        grant.id.0,
        grant.space_id.0,
        grant.client.0,
        grant.backlog_user_id,
        grant.backlog_user_name,
        &scopes_to_sql(grant.scopes),
        grant.issuer,
        grant.resource,
        tokens.access_token,
        tokens.refresh_token,
        tokens.expires_at,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// The columns of the Backlog tokens as the state they stand for.
pub(super) fn token_state(
    access_token: Option<String>,
    refresh_token: Option<String>,
    expires_at: Option<DateTime<Utc>>,
    generation: i64,
    revoked_at: Option<DateTime<Utc>>,
) -> Result<BacklogTokenState, sqlx::Error> {
    match (access_token, refresh_token, expires_at, revoked_at) {
        (Some(access_token), Some(refresh_token), Some(expires_at), None) => {
            Ok(BacklogTokenState::Live {
                access_token,
                refresh_token,
                expires_at,
                generation,
            })
        }
        (None, None, None, Some(_)) => Ok(BacklogTokenState::Revoked),
        _ => Err(unreadable("grants")),
    }
}

/// The Backlog tokens now stored; `None` if the grant is gone.
#[tracing::instrument(level = "debug", name = "db.grants.backlog_tokens", skip_all, fields(db.system.name = "postgresql"))]
pub async fn backlog_tokens(
    db: impl PgExecutor<'_>,
    id: GrantId,
) -> Result<Option<BacklogTokenState>, sqlx::Error> {
    sqlx::query!(
        "SELECT backlog_access_token, backlog_refresh_token, backlog_expires_at, generation,
                revoked_at
         FROM hub.grants WHERE id = $1",
        id.0
    )
    .fetch_optional(db)
    .await?
    .map(|row| {
        token_state(
            row.backlog_access_token,
            row.backlog_refresh_token,
            row.backlog_expires_at,
            row.generation,
            row.revoked_at,
        )
    })
    .transpose()
}

/// Takes the lease to renew the tokens of `generation`; the sealed refresh token
/// if it was free, `None` if somebody else has it or has renewed already.
#[tracing::instrument(level = "debug", name = "db.grants.lease_renewal", skip_all, fields(db.system.name = "postgresql"))]
pub async fn lease_renewal(
    db: impl PgExecutor<'_>,
    id: GrantId,
    generation: i64,
    lease: Duration,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"UPDATE hub.grants SET renewing_until = clock_timestamp() + $3::interval
           WHERE id = $1 AND generation = $2 AND revoked_at IS NULL
             AND (renewing_until IS NULL OR renewing_until <= clock_timestamp())
           RETURNING backlog_refresh_token AS "refresh_token!""#,
        id.0,
        generation,
        PgInterval::try_from(lease).map_err(sqlx::Error::Encode)?,
    )
    .fetch_optional(db)
    .await
}

/// Stores renewed tokens and ends the lease; compares first, so that a late
/// answer never overwrites a newer one.
#[tracing::instrument(level = "debug", name = "db.grants.store_renewal", skip_all, fields(db.system.name = "postgresql"))]
pub async fn store_renewal(
    db: impl PgExecutor<'_>,
    id: GrantId,
    generation: i64,
    tokens: &SealedTokens,
) -> Result<bool, sqlx::Error> {
    sqlx::query!(
        "UPDATE hub.grants
         SET backlog_access_token = $3::text, backlog_refresh_token = $4::text,
             backlog_expires_at = $5, generation = generation + 1, renewing_until = NULL
         WHERE id = $1 AND generation = $2 AND revoked_at IS NULL",
        id.0,
        generation,
        tokens.access_token,
        tokens.refresh_token,
        tokens.expires_at,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// Ends a lease without a renewal, so that the next caller need not wait it out.
pub async fn release_renewal(
    db: impl PgExecutor<'_>,
    id: GrantId,
    generation: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE hub.grants SET renewing_until = NULL
         WHERE id = $1 AND generation = $2 AND revoked_at IS NULL",
        id.0,
        generation,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Ends a grant and erases its Backlog tokens. With a `generation`: only if those
/// are still the tokens that the reason was about. False: nothing was ended.
#[tracing::instrument(level = "debug", name = "db.grants.revoke", skip_all, fields(db.system.name = "postgresql"))]
pub async fn revoke(
    db: impl PgExecutor<'_>,
    id: GrantId,
    generation: Option<i64>,
    reason: RevocationReason,
) -> Result<bool, sqlx::Error> {
    sqlx::query!(
        "UPDATE hub.grants
         SET revoked_at = clock_timestamp(), revoked_reason = $3, renewing_until = NULL,
             backlog_access_token = NULL, backlog_refresh_token = NULL,
             backlog_expires_at = NULL
         WHERE id = $1 AND revoked_at IS NULL AND generation = coalesce($2, generation)",
        id.0,
        generation,
        reason.as_str(),
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// For each key that seals Backlog tokens, one sealed access token.
pub async fn sealed_samples(db: impl PgExecutor<'_>) -> Result<Vec<SealedSample>, sqlx::Error> {
    sqlx::query_as!(
        SealedSample,
        r#"SELECT DISTINCT ON (split_part(backlog_access_token, ':', 3))
                  grants.id::text AS "row!", spaces.base_url,
                  backlog_access_token AS "sealed!"
           FROM hub.grants AS grants JOIN hub.spaces AS spaces ON spaces.id = grants.space_id
           WHERE backlog_access_token IS NOT NULL"#
    )
    .fetch_all(db)
    .await
}

/// How many grants of each space, by its slug, are not revoked.
pub async fn live_by_space(db: impl PgExecutor<'_>) -> Result<Vec<(String, u64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT spaces.slug, count(grants.space_id) AS "live!"
           FROM hub.spaces AS spaces
           LEFT JOIN hub.grants AS grants
               ON grants.space_id = spaces.id AND grants.revoked_at IS NULL
           GROUP BY spaces.slug"#
    )
    .fetch_all(db)
    .await?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|row| (row.slug, u64::try_from(row.live).unwrap_or_default()))
        .collect())
}
