//! `hub.grants`: the access that users have granted to clients.
//!
//! Backlog tokens belong to the account (`accounts`); each grant's row keeps a copy for replicas
//! of the previous release.
//!
//! The `resource` of a grant that is restricted to some projects ends with a slash, which this module
//! adds and readers leave out: replicas of the previous release, which would not restrict it, do not
//! serve a resource that is not an endpoint.

use std::{collections::BTreeSet, time::Duration};

use chrono::{DateTime, Utc};
use oauth_values::Scopes;
use sqlx::{PgExecutor, postgres::types::PgInterval};

use super::{
    accounts::SealedTokens, projects_to_sql, scopes_to_sql, scopes_with_levels,
    spaces::SealedSample,
};
use crate::domain::{ClientKey, Grant, GrantId, RevocationReason, SpaceId};

/// Adds a grant with a copy of the account's token pair of `generation`.
#[tracing::instrument(level = "debug", name = "db.grants.insert", skip_all, fields(db.system.name = "postgresql"))]
pub async fn insert(
    db: impl PgExecutor<'_>,
    grant: &Grant,
    tokens: &SealedTokens,
    generation: i64,
) -> Result<(), sqlx::Error> {
    let projects = projects_to_sql(grant.projects.as_ref());
    sqlx::query!(
        "INSERT INTO hub.grants
            (id, space_id, client_id, backlog_user_id, backlog_user_name, scopes, issuer,
             resource, backlog_access_token, backlog_refresh_token, backlog_expires_at,
             generation, account_generation, levels, projects, redirect_uri)
         VALUES ($1, $2, $3, $4, $5, $6::text[], $7,
                 CASE WHEN $14::text[] IS NULL THEN $8::text ELSE $8::text || '/' END,
                 $9::text, $10::text, $11, $12, $12, $13, $14::text[]::hub.project_key[],
                 $15)",
        grant.id.0,
        grant.space_id.0,
        grant.client.0,
        grant.backlog_user_id,
        grant.backlog_user_name,
        &scopes_to_sql(grant.scopes.base()),
        grant.issuer,
        grant.resource,
        tokens.access_token,
        tokens.refresh_token,
        tokens.expires_at,
        generation,
        &scopes_to_sql(grant.scopes.levels()),
        projects.as_deref(),
        grant.redirect_uri,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Revokes a grant, and with the user's last grant deletes the account and its Backlog tokens.
/// Returns false if it was already revoked.
#[tracing::instrument(level = "debug", name = "db.grants.revoke", skip_all, fields(db.system.name = "postgresql"))]
pub async fn revoke(
    db: impl PgExecutor<'_>,
    id: GrantId,
    reason: RevocationReason,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT hub.revoke_grants(ARRAY[$1::uuid], $2) > 0 AS "ended!""#,
        id.0,
        reason.as_str(),
    )
    .fetch_one(db)
    .await
}

/// Ends the live grants of a user and client beyond this number, the least recently used first and
/// never `made`. Returns how many ended. The caller has locked the account, so no other sign-in of the
/// user runs at the same time.
#[tracing::instrument(level = "debug", name = "db.grants.end_beyond", skip_all, fields(db.system.name = "postgresql"))]
pub async fn end_beyond(
    db: impl PgExecutor<'_>,
    made: &Grant,
    most: u32,
) -> Result<u64, sqlx::Error> {
    let ended = sqlx::query_scalar!(
        r#"SELECT hub.revoke_grants(ARRAY(
               SELECT id FROM hub.grants
               WHERE space_id = $1 AND backlog_user_id = $2 AND client_id = $3
                 AND revoked_at IS NULL AND id <> $4
               ORDER BY coalesce(last_used_at, created_at) DESC, id DESC
               OFFSET $5), $6) AS "ended!""#,
        made.space_id.0,
        made.backlog_user_id,
        made.client.0,
        made.id.0,
        i64::from(most.saturating_sub(1)),
        RevocationReason::TooMany.as_str(),
    )
    .fetch_one(db)
    .await?;
    Ok(u64::try_from(ended).unwrap_or_default())
}

/// Maximum number of grants that end in one statement because of their age.
const BATCH: i64 = 1_000;

/// Ends live grants that are older than this, at most [`BATCH`] of them. Returns how many ended.
#[tracing::instrument(level = "debug", name = "db.grants.end_older", skip_all, fields(db.system.name = "postgresql"))]
pub async fn end_older(db: impl PgExecutor<'_>, max_age: Duration) -> Result<u64, sqlx::Error> {
    let ended = sqlx::query_scalar!(
        r#"SELECT hub.revoke_grants(ARRAY(
               SELECT id FROM hub.grants
               WHERE revoked_at IS NULL AND created_at <= clock_timestamp() - $1::interval
               ORDER BY id LIMIT $2), $3) AS "ended!""#,
        PgInterval::try_from(max_age).map_err(sqlx::Error::Encode)?,
        BATCH,
        RevocationReason::TooOld.as_str(),
    )
    .fetch_one(db)
    .await?;
    Ok(u64::try_from(ended).unwrap_or_default())
}

/// The time until a grant exceeds this age; zero if it does.
#[tracing::instrument(level = "debug", name = "db.grants.time_left", skip_all, fields(db.system.name = "postgresql"))]
pub async fn time_left(
    db: impl PgExecutor<'_>,
    id: GrantId,
    max_age: Duration,
) -> Result<Duration, sqlx::Error> {
    let seconds = sqlx::query_scalar!(
        r#"SELECT extract(epoch FROM created_at + $2::interval - clock_timestamp())::float8
                  AS "left!"
           FROM hub.grants WHERE id = $1"#,
        id.0,
        PgInterval::try_from(max_age).map_err(sqlx::Error::Encode)?,
    )
    .fetch_one(db)
    .await?;
    Ok(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}

/// A live grant as shown to its user.
pub struct Connection {
    pub grant: GrantId,
    pub client_id: String,
    pub client_name: Option<String>,
    pub made_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A user's live grants except `but`, most recently used first.
pub async fn connections(
    db: impl PgExecutor<'_>,
    space: SpaceId,
    backlog_user_id: i64,
    but: GrantId,
) -> Result<Vec<Connection>, sqlx::Error> {
    sqlx::query_as!(
        Connection,
        r#"SELECT grants.id AS "grant: GrantId", clients.client_id, clients.client_name,
                  grants.created_at AS made_at, grants.last_used_at
           FROM hub.grants AS grants JOIN hub.clients AS clients ON clients.id = grants.client_id
           WHERE grants.space_id = $1 AND grants.backlog_user_id = $2
             AND grants.revoked_at IS NULL AND grants.id <> $3
           ORDER BY coalesce(grants.last_used_at, grants.created_at) DESC, grants.id"#,
        space.0,
        backlog_user_id,
        but.0,
    )
    .fetch_all(db)
    .await
}

/// A live grant with what its user may know about it.
pub struct OwnConnection {
    pub grant: GrantId,
    pub client: ClientKey,
    /// Where its authorization code was sent, if that is known.
    pub redirect_uri: Option<String>,
    pub scopes: Scopes,
    /// The keys of the only projects; `None` for no restriction.
    pub projects: Option<BTreeSet<String>>,
    pub made_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
    /// The network of the last use, if it is kept.
    pub last_used_from: Option<String>,
}

/// All live grants of a user, most recently used first.
pub async fn of_user(
    db: impl PgExecutor<'_>,
    space: SpaceId,
    backlog_user_id: i64,
) -> Result<Vec<OwnConnection>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT id, client_id, scopes, levels, redirect_uri, projects::text[] AS projects,
                created_at, last_used_at, last_used_from::text AS last_used_from
         FROM hub.grants
         WHERE space_id = $1 AND backlog_user_id = $2 AND revoked_at IS NULL
         ORDER BY coalesce(last_used_at, created_at) DESC, id",
        space.0,
        backlog_user_id,
    )
    .fetch_all(db)
    .await?;
    let connection = rows.into_iter().map(|row| OwnConnection {
        grant: GrantId(row.id),
        client: ClientKey(row.client_id),
        redirect_uri: row.redirect_uri,
        scopes: scopes_with_levels(&row.scopes, row.levels.as_deref()),
        projects: row.projects.map(BTreeSet::from_iter),
        made_at: row.created_at,
        last_used_at: row.last_used_at,
        last_used_from: row.last_used_from,
    });
    Ok(connection.collect())
}

/// One sealed access token for each key that seals Backlog tokens.
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

/// Counts each space's live grants, by slug.
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
