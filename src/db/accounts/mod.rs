//! `hub.accounts`: the Backlog tokens of a user, with copies in the rows of the user's grants.
//!
//! A grant finds its account by space and user. The lease and the outcome of a renewal are in
//! [`renewal`]. Locks are taken on the account before its grants, and a transaction that creates an
//! account queues for that first ([`queue_creation`]).

pub mod identity;
pub mod renewal;

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use uuid::Uuid;

use super::{spaces::SealedSample, unreadable};
use crate::domain::{
    AccountId, GrantId, SpaceId,
    account::{Doubt, Standing},
};

/// A pair of Backlog tokens, sealed for the row that stores it.
#[derive(Clone)]
pub struct SealedTokens {
    pub access_token: String,
    pub refresh_token: String,
    /// Computed from the time of Backlog's response.
    pub expires_at: DateTime<Utc>,
}

/// The same pair, sealed for the rows of grants.
pub struct GrantTokens {
    pub grants: Vec<Uuid>,
    pub access_tokens: Vec<String>,
    pub refresh_tokens: Vec<String>,
    pub expires_at: DateTime<Utc>,
}

/// An account as stored. An ended account has no tokens.
#[derive(Clone)]
pub struct Account {
    pub id: AccountId,
    pub tokens: Option<SealedTokens>,
    pub generation: i64,
    pub standing: Standing,
}

/// The columns of an account, as queries return them.
pub(super) struct Columns {
    pub id: Uuid,
    pub access_token: Option<String>,
    pub refresh_token: Option<String>,
    pub expires_at: Option<DateTime<Utc>>,
    pub generation: i64,
    pub doubt_reason: Option<String>,
    pub doubt_since: Option<DateTime<Utc>>,
    pub doubt_until: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
}

impl TryFrom<Columns> for Account {
    type Error = sqlx::Error;

    fn try_from(row: Columns) -> Result<Self, sqlx::Error> {
        let tokens = match (row.access_token, row.refresh_token, row.expires_at) {
            (Some(access_token), Some(refresh_token), Some(expires_at)) => Some(SealedTokens {
                access_token,
                refresh_token,
                expires_at,
            }),
            _ => None,
        };
        let doubt = (row.doubt_reason, row.doubt_since, row.doubt_until);
        let standing = match (row.ended_at, doubt) {
            (Some(_), _) => Standing::Ended,
            (None, (Some(reason), Some(since), Some(until))) => Standing::InDoubt {
                doubt: Doubt::parse(&reason).ok_or_else(|| unreadable("accounts.doubt_reason"))?,
                since,
                until,
            },
            (None, _) => Standing::Live,
        };
        if tokens.is_some() == (standing == Standing::Ended) {
            return Err(unreadable("accounts"));
        }
        Ok(Self {
            id: AccountId(row.id),
            tokens,
            generation: row.generation,
            standing,
        })
    }
}

#[tracing::instrument(level = "debug", name = "db.accounts.find", skip_all, fields(db.system.name = "postgresql"))]
pub async fn find(db: impl PgExecutor<'_>, id: AccountId) -> Result<Option<Account>, sqlx::Error> {
    sqlx::query_as!(
        Columns,
        "SELECT id, backlog_access_token AS access_token, backlog_refresh_token AS refresh_token,
                backlog_expires_at AS expires_at, generation, doubt_reason, doubt_since,
                doubt_until, ended_at
         FROM hub.accounts WHERE id = $1",
        id.0
    )
    .fetch_optional(db)
    .await?
    .map(Account::try_from)
    .transpose()
}

/// An account with its row locked until the transaction ends.
pub struct Held {
    pub account: Account,
    /// SHA-256 of the refresh token that the last renewal replaced.
    pub replaced_refresh_hash: Option<Vec<u8>>,
    /// Whether a renewal is in progress.
    pub is_leased: bool,
}

/// Locks and reads the account of a user.
pub async fn hold(
    db: impl PgExecutor<'_>,
    space: SpaceId,
    backlog_user_id: i64,
) -> Result<Option<Held>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT id, backlog_access_token, backlog_refresh_token, backlog_expires_at, generation,
                  doubt_reason, doubt_since, doubt_until, ended_at, replaced_refresh_hash::bytea,
                  coalesce(renewing_until > clock_timestamp(), false) AS "is_leased!"
           FROM hub.accounts WHERE space_id = $1 AND backlog_user_id = $2 FOR UPDATE"#,
        space.0,
        backlog_user_id,
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
        Ok(Held {
            account: columns.try_into()?,
            replaced_refresh_hash: row.replaced_refresh_hash,
            is_leased: row.is_leased,
        })
    })
    .transpose()
}

/// Transactions that create the account of a user queue here until they end. One that then finds no
/// account is alone: it does not lock a grant before an account that another one has just created.
pub async fn queue_creation(
    db: impl PgExecutor<'_>,
    space: SpaceId,
    backlog_user_id: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtext('hub.accounts'), hashtext($1))",
        format!("{space} {backlog_user_id}"),
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Adds a user's account and returns its generation, which is higher than that of any of the
/// user's grants. The transaction must be first in the queue ([`queue_creation`]).
pub async fn insert(
    db: impl PgExecutor<'_>,
    id: AccountId,
    space: SpaceId,
    backlog_user_id: i64,
    tokens: &SealedTokens,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        "INSERT INTO hub.accounts
            (id, space_id, backlog_user_id, backlog_access_token, backlog_refresh_token,
             backlog_expires_at, generation)
         VALUES ($1, $2, $3, $4::text, $5::text, $6,
             1 + coalesce((SELECT max(grants.generation) FROM hub.grants AS grants
                           WHERE grants.space_id = $2 AND grants.backlog_user_id = $3
                             AND grants.revoked_at IS NULL), 0))
         RETURNING generation",
        id.0,
        space.0,
        backlog_user_id,
        tokens.access_token,
        tokens.refresh_token,
        tokens.expires_at,
    )
    .fetch_one(db)
    .await
}

/// Replaces the stored pair with one that did not come from a renewal, clears any doubt, lease
/// and end, and returns the new generation. The row must be locked.
pub async fn replace(
    db: impl PgExecutor<'_>,
    id: AccountId,
    tokens: &SealedTokens,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        "WITH replaced AS (
             UPDATE hub.accounts AS accounts
             SET backlog_access_token = $2::text, backlog_refresh_token = $3::text,
                 backlog_expires_at = $4, replaced_refresh_hash = NULL, renewing_until = NULL,
                 doubt_reason = NULL, doubt_since = NULL, doubt_until = NULL,
                 ended_at = NULL, ended_reason = NULL, signed_in_at = clock_timestamp(),
                 generation = 1 + greatest(accounts.generation, (
                     SELECT max(grants.generation) FROM hub.grants AS grants
                     WHERE grants.space_id = accounts.space_id
                       AND grants.backlog_user_id = accounts.backlog_user_id
                       AND grants.revoked_at IS NULL))
             FROM hub.accounts AS before
             WHERE accounts.id = $1 AND before.id = accounts.id
             RETURNING accounts.generation, accounts.space_id, accounts.backlog_user_id,
                       before.renewing_until, before.doubt_until),
         freed AS (
             UPDATE hub.grants SET renewing_until = NULL
             FROM replaced
             WHERE grants.space_id = replaced.space_id
               AND grants.backlog_user_id = replaced.backlog_user_id
               AND grants.renewing_until IN (replaced.renewing_until, replaced.doubt_until))
         SELECT generation FROM replaced",
        id.0,
        tokens.access_token,
        tokens.refresh_token,
        tokens.expires_at,
    )
    .fetch_one(db)
    .await
}

/// Records a sign-in that returned the stored pair, which is therefore valid.
pub async fn confirm(db: impl PgExecutor<'_>, id: AccountId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "WITH confirmed AS (
             UPDATE hub.accounts AS accounts
             SET signed_in_at = clock_timestamp(),
                 doubt_reason = NULL, doubt_since = NULL, doubt_until = NULL
             FROM hub.accounts AS before
             WHERE accounts.id = $1 AND before.id = accounts.id
             RETURNING accounts.space_id, accounts.backlog_user_id, before.doubt_until)
         UPDATE hub.grants SET renewing_until = NULL
         FROM confirmed
         WHERE grants.space_id = confirmed.space_id
           AND grants.backlog_user_id = confirmed.backlog_user_id
           AND grants.renewing_until = confirmed.doubt_until",
        id.0
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Deletes the account of a user without a live grant. The row must be locked, so that no grant is
/// being made for it.
pub async fn delete_unused(
    db: impl PgExecutor<'_>,
    space: SpaceId,
    backlog_user_id: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM hub.accounts AS accounts
         WHERE space_id = $1 AND backlog_user_id = $2
           AND NOT EXISTS (SELECT FROM hub.grants AS grants
                           WHERE grants.space_id = accounts.space_id
                             AND grants.backlog_user_id = accounts.backlog_user_id
                             AND grants.revoked_at IS NULL)",
        space.0,
        backlog_user_id,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Locks the live grants of a user.
pub async fn hold_grants(
    db: impl PgExecutor<'_>,
    space: SpaceId,
    backlog_user_id: i64,
) -> Result<Vec<GrantId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT id AS "id: GrantId" FROM hub.grants
           WHERE space_id = $1 AND backlog_user_id = $2 AND revoked_at IS NULL
           ORDER BY id FOR UPDATE"#,
        space.0,
        backlog_user_id,
    )
    .fetch_all(db)
    .await
}

/// Copies the account's pair into the rows of grants, for replicas of the previous release.
pub async fn give_to_grants(
    db: impl PgExecutor<'_>,
    generation: i64,
    tokens: &GrantTokens,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE hub.grants
         SET backlog_access_token = pair.access_token, backlog_refresh_token = pair.refresh_token,
             backlog_expires_at = $5, generation = $4, account_generation = $4,
             renewing_until = NULL
         FROM unnest($1::uuid[], $2::text[], $3::text[])
              AS pair (grant_id, access_token, refresh_token)
         WHERE grants.id = pair.grant_id AND grants.revoked_at IS NULL",
        &tokens.grants,
        &tokens.access_tokens,
        &tokens.refresh_tokens,
        generation,
        tokens.expires_at,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// A grant's own pair, stored by a replica of the previous release.
pub struct OwnPair {
    pub grant: GrantId,
    pub tokens: SealedTokens,
    /// Whether a replica of the previous release is renewing it.
    pub is_leased: bool,
}

/// Locks and reads the newest pair that belongs to one of a user's grants and not to the
/// account. With `copies_too`, for a user without an account, reads any pair in the grants' rows.
pub async fn hold_own_pair(
    db: impl PgExecutor<'_>,
    space: SpaceId,
    backlog_user_id: i64,
    copies_too: bool,
) -> Result<Option<OwnPair>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT id, backlog_access_token AS "access_token!",
                  backlog_refresh_token AS "refresh_token!", backlog_expires_at AS "expires_at!",
                  coalesce(renewing_until > clock_timestamp(), false) AS "is_leased!"
           FROM hub.grants
           WHERE space_id = $1 AND backlog_user_id = $2 AND revoked_at IS NULL
             AND backlog_refresh_token IS NOT NULL
             AND ($3 OR account_generation IS DISTINCT FROM generation)
           ORDER BY backlog_expires_at DESC, created_at DESC LIMIT 1 FOR UPDATE"#,
        space.0,
        backlog_user_id,
        copies_too,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| OwnPair {
        grant: GrantId(row.id),
        tokens: SealedTokens {
            access_token: row.access_token,
            refresh_token: row.refresh_token,
            expires_at: row.expires_at,
        },
        is_leased: row.is_leased,
    }))
}

/// Records that a grant's own pair has become the account's.
pub async fn note_adoption(
    db: impl PgExecutor<'_>,
    grant: GrantId,
    generation: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE hub.grants SET generation = $2, account_generation = $2 WHERE id = $1",
        grant.0,
        generation,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// One sealed access token for each key that seals tokens of accounts.
pub async fn sealed_samples(db: impl PgExecutor<'_>) -> Result<Vec<SealedSample>, sqlx::Error> {
    sqlx::query_as!(
        SealedSample,
        r#"SELECT DISTINCT ON (split_part(backlog_access_token, ':', 3))
                  accounts.id::text AS "row!", spaces.base_url,
                  backlog_access_token AS "sealed!"
           FROM hub.accounts AS accounts
           JOIN hub.spaces AS spaces ON spaces.id = accounts.space_id
           WHERE backlog_access_token IS NOT NULL"#
    )
    .fetch_all(db)
    .await
}

/// The number of a space's accounts in each state.
pub struct Count {
    pub space: String,
    pub live: i64,
    pub in_doubt: i64,
    pub ended: i64,
    pub endings_are_paused: bool,
}

pub async fn count_by_space(db: impl PgExecutor<'_>) -> Result<Vec<Count>, sqlx::Error> {
    sqlx::query_as!(
        Count,
        r#"SELECT spaces.slug AS space,
                  count(*) FILTER (WHERE accounts.id IS NOT NULL AND ended_at IS NULL
                                     AND doubt_since IS NULL) AS "live!",
                  count(*) FILTER (WHERE doubt_since IS NOT NULL) AS "in_doubt!",
                  count(*) FILTER (WHERE ended_at IS NOT NULL) AS "ended!",
                  EXISTS (SELECT FROM hub.paused_endings AS paused
                          WHERE paused.space_id = spaces.id
                            AND paused.until > clock_timestamp()) AS "endings_are_paused!"
           FROM hub.spaces AS spaces
           LEFT JOIN hub.accounts AS accounts ON accounts.space_id = spaces.id
           GROUP BY spaces.id ORDER BY spaces.slug"#
    )
    .fetch_all(db)
    .await
}
