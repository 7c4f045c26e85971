//! `hub.personal_tokens`: the names of the access tokens that users made, and whether a space allows
//! them. The token itself is a row of `access_tokens`, and its grant one of `grants`.

use std::time::Duration;

use chrono::{DateTime, Utc};
use oauth_values::token::TokenHash;
use sqlx::{PgExecutor, postgres::types::PgInterval};

use crate::domain::{ClientKey, GrantId, SpaceId};

/// What decides whether a user can make a token.
pub struct Standing {
    /// Whether the space allows personal tokens.
    pub is_allowed: bool,
    /// Whether the hub has Backlog tokens of the user.
    pub has_account: bool,
}

pub async fn standing(
    db: impl PgExecutor<'_>,
    space: SpaceId,
    backlog_user_id: i64,
) -> Result<Standing, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT personal_tokens AS "is_allowed!", EXISTS (
                      SELECT FROM hub.accounts
                      WHERE accounts.space_id = spaces.id AND backlog_user_id = $2
                        AND ended_at IS NULL) AS "has_account!"
           FROM hub.spaces WHERE id = $1"#,
        space.0,
        backlog_user_id,
    )
    .fetch_optional(db)
    .await?;
    Ok(Standing {
        is_allowed: row.as_ref().is_some_and(|row| row.is_allowed),
        has_account: row.is_some_and(|row| row.has_account),
    })
}

/// Whether the space at this site allows personal tokens. The row is locked, so no operator can
/// change that until the transaction ends.
pub async fn hold_allowing(
    db: impl PgExecutor<'_>,
    space: SpaceId,
    base_url: &str,
) -> Result<bool, sqlx::Error> {
    let allowed = sqlx::query_scalar!(
        "SELECT personal_tokens FROM hub.spaces
         WHERE id = $1 AND base_url = $2 AND disabled_at IS NULL FOR SHARE",
        space.0,
        base_url,
    )
    .fetch_optional(db)
    .await?;
    Ok(allowed.unwrap_or(false))
}

/// The grant of a personal token, live or not.
pub async fn grant_of(
    db: impl PgExecutor<'_>,
    token: TokenHash,
) -> Result<Option<GrantId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT named.grant_id AS "id: GrantId" FROM hub.access_tokens AS tokens
           JOIN hub.personal_tokens AS named ON named.grant_id = tokens.grant_id
           WHERE tokens.token_hash = $1"#,
        token.as_bytes(),
    )
    .fetch_optional(db)
    .await
}

/// The client of the grants of a space's personal tokens.
pub async fn client(db: impl PgExecutor<'_>, space: SpaceId) -> Result<ClientKey, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT hub.personal_client($1) AS "key!""#, space.0)
        .fetch_one(db)
        .await
        .map(ClientKey)
}

/// Counts a user's live tokens. The caller has locked the account, so no other token of the user is
/// made at the same time.
pub async fn count_live(
    db: impl PgExecutor<'_>,
    space: SpaceId,
    backlog_user_id: i64,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "live!"
           FROM hub.personal_tokens AS tokens
           JOIN hub.grants AS grants ON grants.id = tokens.grant_id
           WHERE grants.space_id = $1 AND grants.backlog_user_id = $2
             AND grants.revoked_at IS NULL AND tokens.expires_at > clock_timestamp()"#,
        space.0,
        backlog_user_id,
    )
    .fetch_one(db)
    .await
}

/// Adds the name of a token, whose grant and access token are in the same transaction.
pub async fn insert(
    db: impl PgExecutor<'_>,
    grant: GrantId,
    name: &str,
    lifetime: Duration,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO hub.personal_tokens (grant_id, name, expires_at)
         VALUES ($1, $2, clock_timestamp() + $3::interval)",
        grant.0,
        name,
        PgInterval::try_from(lifetime).map_err(sqlx::Error::Encode)?,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// What distinguishes a token among the user's grants.
pub struct Named {
    pub grant: GrantId,
    pub name: String,
    pub expires_at: DateTime<Utc>,
}

/// A user's tokens that have not been ended, expired ones included until the cleanup.
pub async fn of_user(
    db: impl PgExecutor<'_>,
    space: SpaceId,
    backlog_user_id: i64,
) -> Result<Vec<Named>, sqlx::Error> {
    sqlx::query_as!(
        Named,
        r#"SELECT tokens.grant_id AS "grant: GrantId", tokens.name, tokens.expires_at
           FROM hub.personal_tokens AS tokens
           JOIN hub.grants AS grants ON grants.id = tokens.grant_id
           WHERE grants.space_id = $1 AND grants.backlog_user_id = $2
             AND grants.revoked_at IS NULL"#,
        space.0,
        backlog_user_id,
    )
    .fetch_all(db)
    .await
}

/// Counts each space's live tokens, by slug.
pub async fn live_by_space(db: impl PgExecutor<'_>) -> Result<Vec<(String, u64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT spaces.slug, count(grants.id) AS "live!"
           FROM hub.spaces AS spaces
           LEFT JOIN hub.clients AS clients ON clients.space_id = spaces.id AND clients.is_personal
           LEFT JOIN hub.grants AS grants
               ON grants.client_id = clients.id AND grants.revoked_at IS NULL
           GROUP BY spaces.slug"#
    )
    .fetch_all(db)
    .await?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|row| (row.slug, u64::try_from(row.live).unwrap_or_default()))
        .collect())
}
