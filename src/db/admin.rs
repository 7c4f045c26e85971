//! The schema `admin`: the operator's views and functions. `migrations/V3__admin.sql` and, for
//! spaces, `migrations/V10__tenant_boundary.sql` define their checks and effects. A role that may
//! use only this schema is sufficient.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgExecutor;
use uuid::Uuid;

/// The roles that the migrations create and the server lacks.
pub async fn missing_roles(db: impl PgExecutor<'_>) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT name AS "name!" FROM unnest(ARRAY['hub_service', 'hub_admin']) AS name
           WHERE to_regrole(name) IS NULL"#
    )
    .fetch_all(db)
    .await
}

/// A row of `admin.spaces`.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the view has these boolean columns"
)]
#[derive(Debug, Serialize)]
pub struct SpaceRow {
    pub slug: String,
    pub name: String,
    pub base_url: String,
    pub oauth_client_id: String,
    /// `sealed`, `waiting` for a replica, `refused` by one, or `missing`.
    pub secret: String,
    pub secret_problem: Option<String>,
    pub hostnames: Vec<String>,
    pub is_default: bool,
    pub from_environment: bool,
    pub read_only: bool,
    pub toolsets: Option<Vec<String>>,
    pub allowed_projects: Option<Vec<String>>,
    pub enabled: bool,
    pub live_grants: i64,
    pub people: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// A path below the URL of the hub, or a URL.
    pub redirect_uri: String,
    pub listed: bool,
    pub tools: Option<Vec<String>>,
    pub exclude_tools: Vec<String>,
    /// `open`, `listed` or `registered`.
    pub client_policy: String,
    pub client_hosts: Vec<String>,
    pub allowed_networks: Option<Vec<String>>,
    pub personal_tokens: bool,
}

/// All spaces by slug, or the one with this slug.
pub async fn spaces(
    db: impl PgExecutor<'_>,
    slug: Option<&str>,
) -> Result<Vec<SpaceRow>, sqlx::Error> {
    sqlx::query_as!(
        SpaceRow,
        r#"SELECT slug AS "slug!", name AS "name!", base_url AS "base_url!",
                  oauth_client_id AS "oauth_client_id!", secret AS "secret!", secret_problem,
                  hostnames AS "hostnames!", is_default AS "is_default!",
                  from_environment AS "from_environment!", read_only AS "read_only!", toolsets,
                  allowed_projects, enabled AS "enabled!", live_grants AS "live_grants!", people AS "people!",
                  created_at AS "created_at!", updated_at AS "updated_at!",
                  redirect_uri AS "redirect_uri!", listed AS "listed!", tools,
                  exclude_tools AS "exclude_tools!", client_policy AS "client_policy!",
                  client_hosts AS "client_hosts!", allowed_networks,
                  personal_tokens AS "personal_tokens!"
           FROM admin.spaces WHERE slug = coalesce($1, slug) ORDER BY slug"#,
        slug
    )
    .fetch_all(db)
    .await
}

/// The arguments of `admin.create_space` and `admin.update_space`; in an update, `None` keeps the
/// current value.
#[derive(Debug, Default, PartialEq)]
pub struct SpaceSettings<'a> {
    pub domain: Option<&'a str>,
    pub oauth_client_id: Option<&'a str>,
    /// Plain text, or sealed for transfer.
    pub oauth_client_secret: Option<&'a str>,
    pub name: Option<&'a str>,
    pub hostnames: Option<&'a [String]>,
    pub is_default: Option<bool>,
    pub read_only: Option<bool>,
    pub toolsets: Option<&'a [String]>,
    pub allowed_projects: Option<&'a [String]>,
    pub listed: Option<bool>,
    /// Moves the space off the shared redirect URI; for an update only.
    pub own_redirect_uri: Option<bool>,
}

/// Runs `admin.create_space` and returns the space's id.
pub async fn create_space(
    db: impl PgExecutor<'_>,
    slug: &str,
    space: &SpaceSettings<'_>,
) -> Result<Uuid, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT admin.create_space(slug => $1, domain => $2, oauth_client_id => $3,
                  oauth_client_secret => $4, name => $5, hostnames => $6, is_default => $7,
                  read_only => $8, toolsets => $9, allowed_projects => $10, listed => $11) AS "id!""#,
        slug,
        space.domain,
        space.oauth_client_id,
        space.oauth_client_secret,
        space.name,
        space.hostnames,
        space.is_default,
        space.read_only,
        space.toolsets,
        space.allowed_projects,
        space.listed,
    )
    .fetch_one(db)
    .await
}

/// Runs `admin.update_space`.
pub async fn update_space(
    db: impl PgExecutor<'_>,
    slug: &str,
    space: &SpaceSettings<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT admin.update_space(slug => $1, domain => $2, oauth_client_id => $3,
                oauth_client_secret => $4, name => $5, hostnames => $6, is_default => $7,
                read_only => $8, toolsets => $9, allowed_projects => $10, listed => $11,
                own_redirect_uri => $12)",
        slug,
        space.domain,
        space.oauth_client_id,
        space.oauth_client_secret,
        space.name,
        space.hostnames,
        space.is_default,
        space.read_only,
        space.toolsets,
        space.allowed_projects,
        space.listed,
        space.own_redirect_uri,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Runs `admin.limit_tools`; `None` keeps the current value.
pub async fn limit_tools(
    db: impl PgExecutor<'_>,
    slug: &str,
    tools: Option<&[String]>,
    exclude_tools: Option<&[String]>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT admin.limit_tools(slug => $1, tools => $2, exclude_tools => $3)",
        slug,
        tools,
        exclude_tools,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Runs `admin.set_client_policy`; `None` keeps the current value.
pub async fn set_client_policy(
    db: impl PgExecutor<'_>,
    slug: &str,
    policy: Option<&str>,
    hosts: Option<&[String]>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT admin.set_client_policy(slug => $1, policy => $2, hosts => $3)",
        slug,
        policy,
        hosts,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Runs `admin.allow_networks`.
pub async fn allow_networks(
    db: impl PgExecutor<'_>,
    slug: &str,
    networks: &[String],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT admin.allow_networks(slug => $1, networks => $2)",
        slug,
        networks
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Runs `admin.allow_personal_tokens`.
pub async fn allow_personal_tokens(
    db: impl PgExecutor<'_>,
    slug: &str,
    is_allowed: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT admin.allow_personal_tokens(slug => $1, allowed => $2)",
        slug,
        is_allowed
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Runs `admin.set_space_secret`; `secret` is plain text, or sealed for transfer.
pub async fn set_space_secret(
    db: impl PgExecutor<'_>,
    slug: &str,
    secret: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT admin.set_space_secret($1, $2)", slug, secret)
        .execute(db)
        .await
        .map(|_| ())
}

/// Runs `admin.enable_space` or `admin.disable_space`.
pub async fn set_space_enabled(
    db: impl PgExecutor<'_>,
    slug: &str,
    enabled: bool,
) -> Result<(), sqlx::Error> {
    let done = if enabled {
        sqlx::query!("SELECT admin.enable_space($1)", slug)
            .execute(db)
            .await
    } else {
        sqlx::query!("SELECT admin.disable_space($1)", slug)
            .execute(db)
            .await
    };
    done.map(|_| ())
}

/// Runs `admin.delete_space` and returns the number of live grants that it revoked.
pub async fn delete_space(db: impl PgExecutor<'_>, slug: &str) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT admin.delete_space($1) AS "ended!""#, slug)
        .fetch_one(db)
        .await
}

/// Runs `admin.revoke_space_grants` and returns the number of live grants that it revoked.
pub async fn revoke_space_grants(db: impl PgExecutor<'_>, slug: &str) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT admin.revoke_space_grants($1) AS "ended!""#, slug)
        .fetch_one(db)
        .await
}

/// A row of `admin.clients`.
#[derive(Debug, Serialize)]
pub struct ClientRow {
    pub client_id: String,
    pub name: Option<String>,
    pub origin: String,
    pub space: Option<String>,
    pub redirect_uris: Vec<String>,
    pub token_endpoint_auth_method: String,
    pub scopes: Vec<String>,
    pub live_grants: i64,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// All clients, newest first, or the one with this `client_id`.
pub async fn clients(
    db: impl PgExecutor<'_>,
    client_id: Option<&str>,
) -> Result<Vec<ClientRow>, sqlx::Error> {
    sqlx::query_as!(
        ClientRow,
        r#"SELECT client_id AS "client_id!", name, origin AS "origin!", space,
                  redirect_uris AS "redirect_uris!",
                  token_endpoint_auth_method AS "token_endpoint_auth_method!",
                  scopes AS "scopes!", live_grants AS "live_grants!",
                  created_at AS "created_at!", last_used_at
           FROM admin.clients WHERE client_id = coalesce($1, client_id)
           ORDER BY created_at DESC"#,
        client_id
    )
    .fetch_all(db)
    .await
}

/// The arguments of `admin.register_client`.
#[derive(Debug)]
pub struct NewClient<'a> {
    pub name: &'a str,
    pub redirect_uris: &'a [String],
    pub space: Option<&'a str>,
    pub auth_method: &'a str,
    /// An argon2id hash.
    pub secret_hash: Option<&'a str>,
    /// A JWK set, as JSON.
    pub jwks: Option<&'a serde_json::Value>,
    pub jwks_uri: Option<&'a str>,
}

/// Runs `admin.register_client` and returns the `client_id`.
pub async fn register_client(
    db: impl PgExecutor<'_>,
    client: &NewClient<'_>,
) -> Result<String, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT admin.register_client(name => $1, redirect_uris => $2, space => $3,
                  token_endpoint_auth_method => $4, client_secret_hash => $5, jwks => $6,
                  jwks_uri => $7) AS "client_id!""#,
        client.name,
        client.redirect_uris,
        client.space,
        client.auth_method,
        client.secret_hash,
        client.jwks,
        client.jwks_uri,
    )
    .fetch_one(db)
    .await
}

/// Runs `admin.revoke_client` and returns the number of live grants that it revoked.
pub async fn revoke_client(db: impl PgExecutor<'_>, client_id: &str) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT admin.revoke_client($1) AS "ended!""#, client_id)
        .fetch_one(db)
        .await
}

/// A row of `admin.grants`.
#[derive(Debug, Serialize)]
pub struct GrantRow {
    pub id: Uuid,
    pub space: String,
    pub client_id: String,
    pub client_name: Option<String>,
    pub backlog_user_id: i64,
    pub backlog_user_name: String,
    pub scopes: Vec<String>,
    pub live: bool,
    pub created_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
    pub revoked_reason: Option<String>,
    /// `live`, `in_doubt` or `ended`: the state of the user's Backlog tokens.
    pub account: Option<String>,
    /// Whether the grant is from before the levels, and so may delete and administer.
    pub predates_levels: bool,
    /// The keys of the only projects that the user allowed; `None` for no restriction.
    pub projects: Option<Vec<String>>,
}

/// The grants to list.
#[derive(Debug, Default)]
pub struct GrantFilter<'a> {
    pub space: Option<&'a str>,
    pub backlog_user_id: Option<i64>,
    /// Includes revoked grants.
    pub all: bool,
}

/// Grants, newest first.
pub async fn grants(
    db: impl PgExecutor<'_>,
    filter: &GrantFilter<'_>,
) -> Result<Vec<GrantRow>, sqlx::Error> {
    sqlx::query_as!(
        GrantRow,
        r#"SELECT id AS "id!", space AS "space!", client_id AS "client_id!", client_name,
                  backlog_user_id AS "backlog_user_id!",
                  backlog_user_name AS "backlog_user_name!", scopes AS "scopes!",
                  live AS "live!", created_at AS "created_at!", revoked_at, revoked_reason,
                  account, predates_levels AS "predates_levels!", projects
           FROM admin.grants
           WHERE space = coalesce($1, space)
             AND backlog_user_id = coalesce($2, backlog_user_id) AND (live OR $3)
           ORDER BY created_at DESC"#,
        filter.space,
        filter.backlog_user_id,
        filter.all,
    )
    .fetch_all(db)
    .await
}

/// Runs `admin.revoke_grant`; false if the grant was already revoked.
pub async fn revoke_grant(db: impl PgExecutor<'_>, id: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT admin.revoke_grant($1) AS "ended!""#, id)
        .fetch_one(db)
        .await
}

/// Runs `admin.revoke_user` and returns the number of live grants that it revoked.
pub async fn revoke_user(
    db: impl PgExecutor<'_>,
    space: &str,
    backlog_user_id: i64,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT admin.revoke_user(space => $1, backlog_user_id => $2) AS "ended!""#,
        space,
        backlog_user_id
    )
    .fetch_one(db)
    .await
}
