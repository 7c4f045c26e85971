//! The lease that lets one process at a time renew an account, and the outcome of the renewal.
//!
//! Replicas of the previous release lease and renew the rows of grants. An account's lease
//! therefore covers all of the user's grants, and is refused while one of them is leased.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{PgExecutor, postgres::types::PgInterval};

use super::{Account, Columns, GrantTokens, SealedTokens};
use crate::domain::{
    AccountId, GrantId, SpaceId,
    account::{Doubt, EndReason, Endings, Neighbors},
};

/// A lease that was acquired.
pub struct Lease {
    pub refresh_token: String,
    /// The previous lease expired without being released: its holder may have Backlog's response.
    pub taken_over: bool,
    /// The grants to copy the new pair to.
    pub grants: Vec<GrantId>,
    /// Whether the lease covers all of the user's grants. If not, a replica of the previous release
    /// leased one of them first.
    pub is_whole: bool,
}

/// Acquires the lease to renew the tokens of `generation`; `None` if another process holds it or
/// has already renewed them, or if the account is in doubt or ended.
#[tracing::instrument(level = "debug", name = "db.accounts.lease", skip_all, fields(db.system.name = "postgresql"))]
pub async fn lease(
    db: impl PgExecutor<'_>,
    id: AccountId,
    generation: i64,
    lease: Duration,
) -> Result<Option<Lease>, sqlx::Error> {
    let row = sqlx::query!(
        r#"WITH account AS (
             SELECT id, space_id, backlog_user_id, renewing_until, doubt_until
             FROM hub.accounts
             WHERE id = $1 AND generation = $2 AND ended_at IS NULL
               AND (renewing_until IS NULL OR renewing_until <= clock_timestamp())
               AND (doubt_until IS NULL OR doubt_until <= clock_timestamp())
             FOR UPDATE),
         held AS (
             SELECT grants.id, grants.renewing_until,
                    grants.renewing_until > clock_timestamp() AS is_taken,
                    grants.renewing_until IS NOT NULL
                        AND grants.renewing_until IS DISTINCT FROM account.doubt_until AS is_left
             FROM hub.grants AS grants JOIN account USING (space_id, backlog_user_id)
             WHERE grants.revoked_at IS NULL AND grants.backlog_refresh_token IS NOT NULL),
         leased AS (
             UPDATE hub.accounts SET renewing_until = clock_timestamp() + $3::interval
             FROM account
             WHERE accounts.id = account.id AND NOT EXISTS (SELECT FROM held WHERE is_taken)
             RETURNING accounts.backlog_refresh_token, accounts.renewing_until,
                       account.renewing_until IS NOT NULL
                           OR EXISTS (SELECT FROM held WHERE is_left) AS taken_over),
         with_grants AS (
             UPDATE hub.grants SET renewing_until = leased.renewing_until
             FROM leased, held
             WHERE grants.id = held.id AND grants.revoked_at IS NULL
               AND (grants.renewing_until IS NULL OR grants.renewing_until <= clock_timestamp())
             RETURNING grants.id)
         SELECT backlog_refresh_token AS "refresh_token!", taken_over AS "taken_over!",
                ARRAY(SELECT id FROM with_grants) AS "grants!: Vec<GrantId>",
                (SELECT count(*) FROM with_grants) = (SELECT count(*) FROM held) AS "is_whole!"
         FROM leased"#,
        id.0,
        generation,
        PgInterval::try_from(lease).map_err(sqlx::Error::Encode)?,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Lease {
        refresh_token: row.refresh_token,
        taken_over: row.taken_over,
        grants: row.grants,
        is_whole: row.is_whole,
    }))
}

/// A renewed pair to store.
pub struct Renewed {
    pub account: AccountId,
    /// The generation of the pair that was renewed.
    pub generation: i64,
    pub tokens: SealedTokens,
    /// The same pair for the grants' rows.
    pub of_grants: GrantTokens,
    /// SHA-256 of the refresh token, if Backlog has replaced it.
    pub replaced_refresh_hash: Option<[u8; 32]>,
}

/// Stores a renewed pair and returns the new generation. Clears the lease and any doubt, and
/// restores an account that was ended meanwhile. `None` if a newer pair is stored or the account
/// is gone.
#[tracing::instrument(level = "debug", name = "db.accounts.store", skip_all, fields(db.system.name = "postgresql"))]
pub async fn store(db: impl PgExecutor<'_>, renewed: &Renewed) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        "WITH renewed AS (
             UPDATE hub.accounts AS accounts
             SET backlog_access_token = $3::text, backlog_refresh_token = $4::text,
                 backlog_expires_at = $5, replaced_refresh_hash = $6::bytea,
                 renewing_until = NULL, doubt_reason = NULL, doubt_since = NULL,
                 doubt_until = NULL, ended_at = NULL, ended_reason = NULL,
                 renewed_at = clock_timestamp(),
                 generation = 1 + greatest(generation, (
                     SELECT max(grants.generation) FROM hub.grants AS grants
                     WHERE grants.space_id = accounts.space_id
                       AND grants.backlog_user_id = accounts.backlog_user_id
                       AND grants.revoked_at IS NULL))
             WHERE id = $1 AND generation = $2 RETURNING generation),
         given AS (
             UPDATE hub.grants
             SET backlog_access_token = pair.access_token,
                 backlog_refresh_token = pair.refresh_token, backlog_expires_at = $5,
                 generation = renewed.generation, account_generation = renewed.generation,
                 renewing_until = NULL
             FROM renewed, unnest($7::uuid[], $8::text[], $9::text[])
                  AS pair (grant_id, access_token, refresh_token)
             WHERE grants.id = pair.grant_id AND grants.revoked_at IS NULL)
         SELECT generation FROM renewed",
        renewed.account.0,
        renewed.generation,
        renewed.tokens.access_token,
        renewed.tokens.refresh_token,
        renewed.tokens.expires_at,
        renewed
            .replaced_refresh_hash
            .as_ref()
            .map(<[u8; 32]>::as_slice),
        &renewed.of_grants.grants,
        &renewed.of_grants.access_tokens,
        &renewed.of_grants.refresh_tokens,
    )
    .fetch_optional(db)
    .await
}

/// Releases a lease without a renewal, so that the next caller need not wait for its expiry.
pub async fn release(
    db: impl PgExecutor<'_>,
    id: AccountId,
    generation: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "WITH released AS (
             UPDATE hub.accounts AS accounts SET renewing_until = NULL
             FROM hub.accounts AS before
             WHERE accounts.id = $1 AND accounts.generation = $2 AND before.id = accounts.id
             RETURNING accounts.space_id, accounts.backlog_user_id, before.renewing_until)
         UPDATE hub.grants SET renewing_until = NULL
         FROM released
         WHERE grants.space_id = released.space_id
           AND grants.backlog_user_id = released.backlog_user_id
           AND grants.renewing_until = released.renewing_until",
        id.0,
        generation,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// An account to be judged after a failed renewal, with its row locked.
pub struct Accused {
    pub account: Account,
    pub now: DateTime<Utc>,
}

/// Locks and reads an account that still has the tokens of `generation`.
pub async fn hold(
    db: impl PgExecutor<'_>,
    id: AccountId,
    generation: i64,
) -> Result<Option<Accused>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT id, backlog_access_token, backlog_refresh_token, backlog_expires_at, generation,
                  doubt_reason, doubt_since, doubt_until, ended_at, clock_timestamp() AS "now!"
           FROM hub.accounts
           WHERE id = $1 AND generation = $2 AND ended_at IS NULL FOR UPDATE"#,
        id.0,
        generation,
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        let columns = Columns {
            id: row.id,
            access_token: row.backlog_access_token,
            refresh_token: row.backlog_refresh_token,
            expires_at: row.backlog_expires_at,
            generation: row.generation,
            doubt_reason: row.doubt_reason,
            doubt_since: row.doubt_since,
            doubt_until: row.doubt_until,
            ended_at: row.ended_at,
        };
        Ok(Accused {
            account: columns.try_into()?,
            now: row.now,
        })
    })
    .transpose()
}

/// Marks an account as in doubt and releases its lease. Replicas of the previous release do not
/// renew its grants until then either.
pub async fn doubt(
    db: impl PgExecutor<'_>,
    id: AccountId,
    doubt: Doubt,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "WITH doubted AS (
             UPDATE hub.accounts
             SET doubt_reason = $2, doubt_since = $3, doubt_until = $4, renewing_until = NULL
             WHERE id = $1 RETURNING space_id, backlog_user_id)
         UPDATE hub.grants SET renewing_until = $4
         FROM doubted
         WHERE grants.space_id = doubted.space_id
           AND grants.backlog_user_id = doubted.backlog_user_id
           AND grants.backlog_refresh_token IS NOT NULL",
        id.0,
        doubt.as_str(),
        since,
        until,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Ends an account and erases its tokens in all rows. Its grants stay.
pub async fn end(
    db: impl PgExecutor<'_>,
    id: AccountId,
    reason: EndReason,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "WITH ended AS (
             UPDATE hub.accounts
             SET ended_at = clock_timestamp(), ended_reason = $2, renewing_until = NULL,
                 doubt_reason = NULL, doubt_since = NULL, doubt_until = NULL,
                 backlog_access_token = NULL, backlog_refresh_token = NULL,
                 backlog_expires_at = NULL
             WHERE id = $1 RETURNING space_id, backlog_user_id)
         UPDATE hub.grants
         SET backlog_access_token = NULL, backlog_refresh_token = NULL,
             backlog_expires_at = NULL, renewing_until = NULL, account_generation = NULL,
             generation = generation + 1
         FROM ended
         WHERE grants.space_id = ended.space_id AND grants.backlog_user_id = ended.backlog_user_id
           AND grants.revoked_at IS NULL",
        id.0,
        reason.as_str(),
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// The latest outcomes for the space's other accounts. The time of an unreadable response is
/// computed from `doubt_until`, which is `ask_again_after` later.
pub async fn neighbors(
    db: impl PgExecutor<'_>,
    space: SpaceId,
    but: AccountId,
    ask_again_after: Duration,
) -> Result<Neighbors, sqlx::Error> {
    sqlx::query_as!(
        Neighbors,
        r#"SELECT (SELECT max(renewed_at) FROM hub.accounts
                   WHERE space_id = $1 AND id <> $2) AS renewed_at,
                  (SELECT max(doubt_until) - $3::interval FROM hub.accounts
                   WHERE space_id = $1 AND id <> $2 AND doubt_until IS NOT NULL
                     AND doubt_reason = 'unreadable') AS unreadable_at"#,
        space.0,
        but.0,
        PgInterval::try_from(ask_again_after).map_err(sqlx::Error::Encode)?,
    )
    .fetch_one(db)
    .await
}

/// Serializes, until the transaction ends, the transactions that would end accounts of one space,
/// so that each counts the others' endings.
pub async fn queue_endings(db: impl PgExecutor<'_>, space: SpaceId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtext('hub.accounts.ended_at'), hashtext($1))",
        space.to_string(),
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// The outcomes of a space's renewals within the last minute.
pub async fn endings(db: impl PgExecutor<'_>, space: SpaceId) -> Result<Endings, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT (SELECT count(*) FROM hub.accounts
                   WHERE space_id = $1
                     AND ended_at > clock_timestamp() - interval '1 minute') AS "ended!",
                  (SELECT count(*) FROM hub.accounts
                   WHERE space_id = $1
                     AND renewed_at > clock_timestamp() - interval '1 minute') AS "renewed!",
                  (SELECT until FROM hub.paused_endings WHERE space_id = $1) AS paused_until"#,
        space.0,
    )
    .fetch_one(db)
    .await?;
    Ok(Endings {
        ended: row.ended.unsigned_abs(),
        renewed: row.renewed.unsigned_abs(),
        paused_until: row.paused_until,
    })
}

pub async fn pause_endings(
    db: impl PgExecutor<'_>,
    space: SpaceId,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO hub.paused_endings (space_id, since, until) VALUES ($1, $2, $3)
         ON CONFLICT (space_id) DO UPDATE SET since = $2, until = $3",
        space.0,
        since,
        until,
    )
    .execute(db)
    .await
    .map(|_| ())
}
