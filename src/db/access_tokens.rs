//! `hub.access_tokens`, and the one statement that turns a token into a principal.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use oauth_values::{Scopes, token::TokenHash};
use sqlx::{PgConnection, PgExecutor, postgres::types::PgInterval};
use uuid::Uuid;

use super::{
    accounts::{Account, Columns},
    clients, scopes_to_sql, scopes_with_levels,
    spaces::SpaceRow,
};
use crate::domain::{ClientKey, Grant, GrantId, Principal, Provenance, Space, SpaceId};

pub struct NewAccessToken {
    pub hash: TokenHash,
    pub grant: GrantId,
    /// The refresh token issued with it; `None` for a personal token, and for one that was issued for
    /// an identity assertion.
    pub refresh_token: Option<TokenHash>,
    pub scopes: Scopes,
    pub lifetime: Duration,
}

#[tracing::instrument(level = "debug", name = "db.access_tokens.insert", skip_all, fields(db.system.name = "postgresql"))]
pub async fn insert(db: impl PgExecutor<'_>, token: &NewAccessToken) -> Result<(), sqlx::Error> {
    let refresh_token = token.refresh_token.as_ref().map(TokenHash::as_bytes);
    sqlx::query!(
        "INSERT INTO hub.access_tokens
            (token_hash, grant_id, refresh_token_hash, scopes, expires_at, levels)
         VALUES ($1::bytea, $2, $3::bytea, $4::text[], clock_timestamp() + $5::interval, $6)",
        token.hash.as_bytes(),
        token.grant.0,
        refresh_token,
        &scopes_to_sql(token.scopes.base()),
        PgInterval::try_from(token.lifetime).map_err(sqlx::Error::Encode)?,
        &scopes_to_sql(token.scopes.levels()),
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Stores an access token that expires at `latest` at the latest, by the database's clock. Returns the
/// time that it has; `None` if there is none, and nothing is stored.
pub async fn insert_until(
    db: impl PgExecutor<'_>,
    token: &NewAccessToken,
    latest: DateTime<Utc>,
) -> Result<Option<Duration>, sqlx::Error> {
    let refresh_token = token.refresh_token.as_ref().map(TokenHash::as_bytes);
    let seconds = sqlx::query_scalar!(
        r#"INSERT INTO hub.access_tokens
               (token_hash, grant_id, refresh_token_hash, scopes, expires_at, levels)
           SELECT $1::bytea, $2, $3::bytea, $4::text[],
                  least(clock_timestamp() + $5::interval, $7::timestamptz), $6::text[]
           WHERE $7::timestamptz > clock_timestamp()
           RETURNING extract(epoch FROM expires_at - clock_timestamp())::float8 AS "left!""#,
        token.hash.as_bytes(),
        token.grant.0,
        refresh_token,
        &scopes_to_sql(token.scopes.base()),
        PgInterval::try_from(token.lifetime).map_err(sqlx::Error::Encode)?,
        &scopes_to_sql(token.scopes.levels()),
        latest,
    )
    .fetch_optional(db)
    .await?;
    Ok(seconds.map(|left| Duration::try_from_secs_f64(left).unwrap_or_default()))
}

/// A live token's principal and account.
pub struct Found {
    pub principal: Principal,
    /// The proven facts about the client of the grant.
    pub client: Provenance,
    /// Where the code of the grant went; all that its client has registered, if that is not known.
    pub redirect_uris: Vec<String>,
    /// Whether this is the token's first use.
    pub unused: bool,
    /// `None` until a replica of this release has used one of the user's grants.
    pub account: Option<Account>,
    /// Whether the grant holds its own pair of Backlog tokens, which the account does not have.
    pub is_to_adopt: bool,
}

/// Selects a live grant with its space and account. `token` are the columns of the token that finds
/// it, `from` its table, and `condition` how it is found.
macro_rules! principal {
    ($token:literal, $from:literal, $condition:literal, $hash:expr) => {
        sqlx::query_as!(
            Row,
            "SELECT " + $token + r#"
                  grants.id AS grant_id, grants.client_id, grants.backlog_user_id,
                  grants.backlog_user_name, grants.scopes AS grant_scopes,
                  grants.levels AS grant_levels, grants.issuer,
                  rtrim(grants.resource, '/') AS "resource!",
                  grants.projects::text[] AS projects,
                  grants.redirect_uri AS grant_redirect_uri, clients.origin AS client_origin,
                  clients.client_id AS oauth_client, clients.redirect_uris,
                  grants.backlog_refresh_token IS NOT NULL AND (
                      accounts.id IS NULL
                      OR grants.account_generation IS DISTINCT FROM grants.generation
                          AND (accounts.ended_at IS NOT NULL
                               OR grants.backlog_expires_at > accounts.backlog_expires_at))
                      AS "is_to_adopt!",
                  accounts.id AS "account_id?", accounts.backlog_access_token AS "access_token?",
                  accounts.backlog_refresh_token AS "refresh_token?",
                  accounts.backlog_expires_at AS "backlog_expires_at?",
                  accounts.generation AS "generation?", accounts.doubt_reason AS "doubt_reason?",
                  accounts.doubt_since AS "doubt_since?", accounts.doubt_until AS "doubt_until?",
                  accounts.ended_at AS "ended_at?",
                  spaces.id AS space_id, spaces.slug, spaces.name, spaces.base_url,
                  spaces.oauth_client_id, spaces.oauth_client_secret, spaces.hostnames,
                  spaces.is_default, spaces.read_only, spaces.toolsets, spaces.tools,
                  spaces.exclude_tools,
                  spaces.allowed_projects::text[] AS allowed_projects, spaces.redirect_uri,
                  spaces.listed, spaces.client_policy, spaces.client_hosts,
                  spaces.allowed_networks::text[] AS allowed_networks, spaces.disabled_at
           FROM "# + $from + r#" AS tokens
           JOIN hub.grants AS grants ON grants.id = tokens.grant_id
           JOIN hub.spaces AS spaces ON spaces.id = grants.space_id
           JOIN hub.clients AS clients ON clients.id = grants.client_id
           LEFT JOIN hub.accounts AS accounts ON accounts.space_id = grants.space_id
               AND accounts.backlog_user_id = grants.backlog_user_id
           WHERE tokens.expires_at > clock_timestamp() AND grants.revoked_at IS NULL
             AND (spaces.personal_tokens OR NOT clients.is_personal) AND "# + $condition,
            $hash
        )
    };
}

/// Looks up a token with its grant and space; `None` if the token is unknown or expired, its grant is
/// revoked, or it is a personal one and the space does not allow those.
#[tracing::instrument(level = "debug", name = "db.access_tokens.find_principal", skip_all, fields(db.system.name = "postgresql"))]
pub async fn find_principal(
    db: impl PgExecutor<'_>,
    hash: TokenHash,
) -> Result<Option<Found>, sqlx::Error> {
    principal!(
        r#"tokens.scopes AS token_scopes, coalesce(tokens.levels, grants.levels) AS levels,
           tokens.expires_at AS token_expires_at,
           tokens.first_used_at IS NULL AS "unused!","#,
        "hub.access_tokens",
        "tokens.token_hash = $1",
        hash.as_bytes()
    )
    .fetch_optional(db)
    .await?
    .map(Found::try_from)
    .transpose()
}

/// Looks up the grant of an upload link, with all of its scopes; `None` if the link is unknown or
/// expired or its grant is revoked.
#[tracing::instrument(level = "debug", name = "db.access_tokens.find_principal_of_link", skip_all, fields(db.system.name = "postgresql"))]
pub async fn find_principal_of_link(
    db: impl PgExecutor<'_>,
    hash: TokenHash,
) -> Result<Option<Found>, sqlx::Error> {
    principal!(
        r#"grants.scopes AS token_scopes, grants.levels, tokens.expires_at AS token_expires_at,
           false AS "unused!","#,
        "hub.upload_links",
        "tokens.link_hash = $1",
        hash.as_bytes()
    )
    .fetch_optional(db)
    .await?
    .map(Found::try_from)
    .transpose()
}

/// The columns of a token with its grant, space and account, as the query returns them.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the row has these boolean columns"
)]
struct Row {
    token_scopes: Vec<String>,
    token_expires_at: DateTime<Utc>,
    unused: bool,
    grant_id: Uuid,
    client_id: Uuid,
    backlog_user_id: i64,
    backlog_user_name: String,
    grant_scopes: Vec<String>,
    grant_levels: Option<Vec<String>>,
    /// Those of the token; of the grant, if a replica of the previous release issued it, or for an
    /// upload link.
    levels: Option<Vec<String>>,
    issuer: String,
    resource: String,
    grant_redirect_uri: Option<String>,
    client_origin: String,
    oauth_client: String,
    redirect_uris: Vec<String>,
    projects: Option<Vec<String>>,
    is_to_adopt: bool,
    account_id: Option<Uuid>,
    access_token: Option<String>,
    refresh_token: Option<String>,
    backlog_expires_at: Option<DateTime<Utc>>,
    generation: Option<i64>,
    doubt_reason: Option<String>,
    doubt_since: Option<DateTime<Utc>>,
    doubt_until: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    space_id: Uuid,
    slug: String,
    name: String,
    base_url: String,
    oauth_client_id: String,
    oauth_client_secret: Option<String>,
    hostnames: Vec<String>,
    is_default: bool,
    read_only: bool,
    toolsets: Option<Vec<String>>,
    tools: Option<Vec<String>>,
    exclude_tools: Vec<String>,
    allowed_projects: Option<Vec<String>>,
    redirect_uri: String,
    listed: bool,
    client_policy: String,
    client_hosts: Vec<String>,
    allowed_networks: Option<Vec<String>>,
    disabled_at: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for Found {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let space_id = SpaceId(row.space_id);
        let client = clients::provenance(&row.client_origin, row.oauth_client.clone())?;
        let redirect_uris = match &row.grant_redirect_uri {
            Some(uri) => vec![uri.clone()],
            None => row.redirect_uris.clone(),
        };
        let account = account(&row).map(Account::try_from).transpose()?;
        let principal = Principal {
            grant: Grant {
                id: GrantId(row.grant_id),
                space_id,
                client: ClientKey(row.client_id),
                backlog_user_id: row.backlog_user_id,
                backlog_user_name: row.backlog_user_name,
                scopes: scopes_with_levels(&row.grant_scopes, row.grant_levels.as_deref()),
                issuer: row.issuer,
                resource: row.resource,
                redirect_uri: row.grant_redirect_uri,
                projects: row.projects.map(BTreeSet::from_iter),
            },
            space: Arc::new(Space::from(SpaceRow {
                id: row.space_id,
                slug: row.slug,
                name: row.name,
                base_url: row.base_url,
                oauth_client_id: row.oauth_client_id,
                oauth_client_secret: row.oauth_client_secret,
                hostnames: row.hostnames,
                is_default: row.is_default,
                read_only: row.read_only,
                toolsets: row.toolsets,
                tools: row.tools,
                exclude_tools: row.exclude_tools,
                allowed_projects: row.allowed_projects,
                redirect_uri: row.redirect_uri,
                listed: row.listed,
                client_policy: row.client_policy,
                client_hosts: row.client_hosts,
                allowed_networks: row.allowed_networks,
                disabled_at: row.disabled_at,
            })),
            scopes: scopes_with_levels(&row.token_scopes, row.levels.as_deref()),
            token_expires_at: row.token_expires_at,
        };
        Ok(Found {
            principal,
            client,
            redirect_uris,
            unused: row.unused,
            account,
            is_to_adopt: row.is_to_adopt,
        })
    }
}

/// The columns of the account, if there is one.
fn account(row: &Row) -> Option<Columns> {
    Some(Columns {
        id: row.account_id?,
        access_token: row.access_token.clone(),
        refresh_token: row.refresh_token.clone(),
        expires_at: row.backlog_expires_at,
        generation: row.generation?,
        doubt_reason: row.doubt_reason.clone(),
        doubt_since: row.doubt_since,
        doubt_until: row.doubt_until,
        ended_at: row.ended_at,
    })
}

/// Records the first use, which proves that the client received the token.
#[tracing::instrument(level = "debug", name = "db.access_tokens.mark_used", skip_all, fields(db.system.name = "postgresql"))]
pub async fn mark_used(db: impl PgExecutor<'_>, hash: TokenHash) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE hub.access_tokens SET first_used_at = clock_timestamp()
         WHERE token_hash = $1 AND first_used_at IS NULL",
        hash.as_bytes()
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Deletes the access token of a grant's pair that was lost with its response. Returns false if it
/// had been used. The grant has an index, the refresh token has none.
pub async fn delete_unused_of_pair(
    db: &mut PgConnection,
    grant: GrantId,
    refresh_token: TokenHash,
) -> Result<bool, sqlx::Error> {
    sqlx::query!(
        "DELETE FROM hub.access_tokens
         WHERE grant_id = $1 AND refresh_token_hash = $2 AND first_used_at IS NULL",
        grant.0,
        refresh_token.as_bytes()
    )
    .execute(&mut *db)
    .await?;
    // A token that the first statement did not delete was used, perhaps while it waited.
    sqlx::query_scalar!(
        r#"SELECT NOT EXISTS (
               SELECT FROM hub.access_tokens
               WHERE grant_id = $1 AND refresh_token_hash = $2) AS "unused!""#,
        grant.0,
        refresh_token.as_bytes()
    )
    .fetch_one(db)
    .await
}

/// The `client_id` of the client that an access token was issued to.
pub async fn client_id_of(
    db: impl PgExecutor<'_>,
    hash: TokenHash,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT clients.client_id FROM hub.access_tokens AS tokens
         JOIN hub.grants AS grants ON grants.id = tokens.grant_id
         JOIN hub.clients AS clients ON clients.id = grants.client_id
         WHERE tokens.token_hash = $1",
        hash.as_bytes()
    )
    .fetch_optional(db)
    .await
}

/// Deletes a client's access token, if it was issued by this issuer.
pub async fn delete(
    db: impl PgExecutor<'_>,
    hash: TokenHash,
    client: ClientKey,
    issuer: &str,
) -> Result<bool, sqlx::Error> {
    sqlx::query!(
        "DELETE FROM hub.access_tokens AS tokens USING hub.grants AS grants
         WHERE tokens.token_hash = $1 AND grants.id = tokens.grant_id
           AND grants.client_id = $2 AND grants.issuer = $3",
        hash.as_bytes(),
        client.0,
        issuer,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}
