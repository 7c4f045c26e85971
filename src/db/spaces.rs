//! `hub.spaces`.

use chrono::{DateTime, Utc};
use oauth_values::token::TokenHash;
use sqlx::PgExecutor;
use url::Url;
use uuid::Uuid;

use crate::domain::{
    AllowedClients, AllowedNetworks, ClientPolicy, Operator, Space, SpaceId, SpaceState,
    operator::Logo,
};

/// The columns of a space.
pub(super) struct SpaceRow {
    pub(super) id: Uuid,
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) base_url: String,
    pub(super) oauth_client_id: String,
    pub(super) oauth_client_secret: Option<String>,
    pub(super) hostnames: Vec<String>,
    pub(super) is_default: bool,
    pub(super) read_only: bool,
    pub(super) toolsets: Option<Vec<String>>,
    pub(super) tools: Option<Vec<String>>,
    pub(super) exclude_tools: Vec<String>,
    pub(super) allowed_projects: Option<Vec<String>>,
    pub(super) redirect_uri: String,
    pub(super) listed: bool,
    pub(super) client_policy: String,
    pub(super) client_hosts: Vec<String>,
    pub(super) allowed_networks: Option<Vec<String>>,
    pub(super) disabled_at: Option<DateTime<Utc>>,
}

impl From<SpaceRow> for Space {
    fn from(row: SpaceRow) -> Self {
        Self {
            id: SpaceId(row.id),
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
            clients: allowed_clients(&row.client_policy, row.client_hosts),
            networks: AllowedNetworks::of(row.allowed_networks),
            state: match row.disabled_at {
                None => SpaceState::Enabled,
                Some(since) => SpaceState::Disabled { since },
            },
        }
    }
}

/// The columns `client_policy` and `client_hosts`.
pub(super) fn allowed_clients(policy: &str, hosts: Vec<String>) -> AllowedClients {
    AllowedClients {
        policy: ClientPolicy::named(policy),
        hosts,
    }
}

/// A query of all columns of spaces; `$rest` follows `FROM hub.spaces`.
macro_rules! select_spaces {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            SpaceRow,
            "SELECT id, slug, name, base_url, oauth_client_id, oauth_client_secret, hostnames,
                    is_default, read_only, toolsets, tools, exclude_tools,
                    allowed_projects::text[] AS allowed_projects, redirect_uri, listed,
                    client_policy, client_hosts, allowed_networks::text[] AS allowed_networks,
                    disabled_at
             FROM hub.spaces " + $rest,
            $($argument),*
        )
    };
}

pub async fn find(db: impl PgExecutor<'_>, id: SpaceId) -> Result<Option<Space>, sqlx::Error> {
    let row = select_spaces!("WHERE id = $1", id.0)
        .fetch_optional(db)
        .await?;
    Ok(row.map(Space::from))
}

pub async fn find_by_slug(
    db: impl PgExecutor<'_>,
    slug: &str,
) -> Result<Option<Space>, sqlx::Error> {
    let row = select_spaces!("WHERE slug = $1", slug)
        .fetch_optional(db)
        .await?;
    Ok(row.map(Space::from))
}

/// `hostname` is in lower case, with its port unless that is the scheme's default.
pub async fn find_by_hostname(
    db: impl PgExecutor<'_>,
    hostname: &str,
) -> Result<Option<Space>, sqlx::Error> {
    let row = select_spaces!(
        "WHERE id = (SELECT space_id FROM hub.space_hostnames WHERE hostname = $1)",
        hostname
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(Space::from))
}

/// The enabled spaces, the default one first.
pub async fn list_enabled(db: impl PgExecutor<'_>) -> Result<Vec<Space>, sqlx::Error> {
    let rows = select_spaces!("WHERE disabled_at IS NULL ORDER BY is_default DESC, name, slug",)
        .fetch_all(db)
        .await?;
    Ok(rows.into_iter().map(Space::from).collect())
}

/// At most `at_most` spaces, oldest first.
pub async fn list(db: impl PgExecutor<'_>, at_most: usize) -> Result<Vec<Space>, sqlx::Error> {
    let rows = select_spaces!(
        "ORDER BY id LIMIT $1",
        i64::try_from(at_most).unwrap_or(i64::MAX),
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Space::from).collect())
}

/// The first two enabled spaces, the default one first: enough to see whether there is one, and
/// whether there are several.
pub async fn first_enabled(db: impl PgExecutor<'_>) -> Result<Vec<Space>, sqlx::Error> {
    let rows = select_spaces!(
        "WHERE disabled_at IS NULL
         ORDER BY is_default DESC, name, slug LIMIT 2",
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Space::from).collect())
}

/// The enabled spaces that are listed or that this browser has signed in to.
pub async fn shown_to(
    db: impl PgExecutor<'_>,
    browser: Option<TokenHash>,
) -> Result<Vec<Space>, sqlx::Error> {
    let rows = select_spaces!(
        "WHERE disabled_at IS NULL
           AND (listed OR id IN (SELECT space_id FROM hub.browser_spaces
                                 WHERE browser_hash = $1 AND expires_at > clock_timestamp()))
         ORDER BY name, slug",
        browser.as_ref().map(TokenHash::as_bytes)
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Space::from).collect())
}

/// The spaces that a user may mean: those at the Backlog host `host`, or with `host` as a host
/// name of the hub, or with `word` as their slug or space key. Includes disabled spaces.
pub async fn named(
    db: impl PgExecutor<'_>,
    host: &str,
    word: Option<&str>,
) -> Result<Vec<Space>, sqlx::Error> {
    let rows = select_spaces!(
        "WHERE split_part(base_url, '://', 2) = $1 OR $1 = ANY (hostnames) OR slug = $2
            OR split_part(split_part(base_url, '://', 2), '.', 1) = $2
         ORDER BY slug LIMIT 10",
        host,
        word
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Space::from).collect())
}

/// Who operates a space, as far as the space says so itself.
pub async fn operator(db: impl PgExecutor<'_>, id: SpaceId) -> Result<Operator, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT operator_name, operator_logo, operator_contact, operator_help_url
         FROM hub.spaces WHERE id = $1",
        id.0
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map_or_else(Operator::default, |row| Operator {
        name: row.operator_name,
        logo: row.operator_logo.as_deref().and_then(Logo::parse),
        contact: row.operator_contact,
        help_url: row.operator_help_url.and_then(|url| Url::parse(&url).ok()),
    }))
}

/// The Backlog sites in use before the settings listed them.
pub async fn sites_from_before(db: impl PgExecutor<'_>) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!("SELECT base_url FROM hub.sites ORDER BY base_url")
        .fetch_all(db)
        .await
}

/// Locks the row until the transaction ends; false if the space is gone or at another site.
pub async fn lock_at(
    db: impl PgExecutor<'_>,
    id: SpaceId,
    base_url: &str,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT true AS "found!" FROM hub.spaces
           WHERE id = $1 AND base_url = $2 FOR NO KEY UPDATE"#,
        id.0,
        base_url
    )
    .fetch_optional(db)
    .await
    .map(|found| found.is_some())
}

/// A space in which users may sign in.
pub struct OpenSpace {
    /// The clients with which they may.
    pub clients: AllowedClients,
    /// Whether the space trusts an identity provider.
    pub has_identity_provider: bool,
}

/// The space, if it is at this site and users may sign in to it. The row is locked, so no operator
/// can change that until the transaction ends.
pub async fn hold_open_at(
    db: impl PgExecutor<'_>,
    id: SpaceId,
    base_url: &str,
) -> Result<Option<OpenSpace>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT client_policy, client_hosts,
                  EXISTS (SELECT FROM hub.identity_providers AS providers
                          WHERE providers.space_id = spaces.id) AS "has_identity_provider!"
           FROM hub.spaces AS spaces
           WHERE id = $1 AND base_url = $2 AND disabled_at IS NULL FOR SHARE"#,
        id.0,
        base_url
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| OpenSpace {
        clients: allowed_clients(&row.client_policy, row.client_hosts),
        has_identity_provider: row.has_identity_provider,
    }))
}

/// Stores a client secret, sealed for the row. A trigger deletes the pending secret.
pub async fn set_secret(
    db: impl PgExecutor<'_>,
    id: SpaceId,
    sealed: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE hub.spaces SET oauth_client_secret = $2::text WHERE id = $1",
        id.0,
        sealed
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Whether any space is at this origin.
pub async fn is_one_at(db: impl PgExecutor<'_>, base_url: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM hub.spaces WHERE base_url = $1) AS "exists!""#,
        base_url
    )
    .fetch_one(db)
    .await
}

/// Serializes, until the transaction ends, the setup of the default space and of the space in
/// the environment.
pub async fn lock_default(db: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtext('hub.spaces.is_default'))")
        .execute(db)
        .await
        .map(|_| ())
}

/// The default space, or the first by name; enabled or not.
pub async fn first(db: impl PgExecutor<'_>) -> Result<Option<Space>, sqlx::Error> {
    let row = select_spaces!("ORDER BY is_default DESC, name, slug LIMIT 1")
        .fetch_optional(db)
        .await?;
    Ok(row.map(Space::from))
}

/// The space that was created from the environment, or else the one at this site, the default
/// one first.
pub async fn of_environment(
    db: impl PgExecutor<'_>,
    base_url: &str,
) -> Result<Option<Space>, sqlx::Error> {
    let row = select_spaces!(
        "WHERE from_environment OR base_url = $1
         ORDER BY from_environment DESC, is_default DESC, created_at LIMIT 1",
        base_url
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(Space::from))
}

/// The sealed secret of every space, to verify the keys with.
pub async fn sealed_samples(db: impl PgExecutor<'_>) -> Result<Vec<SealedSample>, sqlx::Error> {
    sqlx::query_as!(
        SealedSample,
        r#"SELECT id::text AS "row!", secret_base_url AS base_url,
                  oauth_client_secret AS "sealed!"
           FROM hub.spaces WHERE oauth_client_secret IS NOT NULL"#
    )
    .fetch_all(db)
    .await
}

/// A sealed value, and the place it was sealed for.
pub struct SealedSample {
    pub row: String,
    /// The space's URL at the time of sealing.
    pub base_url: String,
    pub sealed: String,
}

/// The space that the environment describes.
pub struct EnvironmentSpace<'a> {
    pub id: SpaceId,
    pub slug: &'a str,
    pub name: &'a str,
    pub base_url: &'a str,
    pub oauth_client_id: &'a str,
    /// Sealed for the row `id`.
    pub oauth_client_secret: &'a str,
}

/// Creates or updates the space of the environment; a new one becomes the default space if
/// there is no other. All that the environment does not define (name, restrictions, host
/// names, disabled) is kept as an operator set it, and so is the slug if the redirect URI
/// contains it.
pub async fn upsert_of_environment(
    db: impl PgExecutor<'_>,
    space: &EnvironmentSpace<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO hub.spaces AS spaces
            (id, slug, name, base_url, oauth_client_id, oauth_client_secret, is_default,
             from_environment)
         VALUES ($1, $2, $3, $4, $5, $6::text,
                 NOT EXISTS (SELECT FROM hub.spaces WHERE is_default), true)
         ON CONFLICT (id) DO UPDATE SET
            from_environment = true,
            slug = CASE WHEN spaces.base_url = excluded.base_url
                          OR spaces.redirect_uri = '/spaces/' || spaces.slug || '/callback'
                        THEN spaces.slug ELSE excluded.slug END,
            name = CASE WHEN spaces.base_url = excluded.base_url
                        THEN spaces.name ELSE excluded.name END,
            base_url = excluded.base_url,
            oauth_client_id = excluded.oauth_client_id,
            oauth_client_secret = excluded.oauth_client_secret,
            updated_at = clock_timestamp()",
        space.id.0,
        space.slug,
        space.name,
        space.base_url,
        space.oauth_client_id,
        space.oauth_client_secret,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// The ids of all keys that sealed values in the database need.
pub async fn sealing_key_ids(db: impl PgExecutor<'_>) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT DISTINCT split_part(sealed, ':', 3) AS "key_id!" FROM (
               SELECT oauth_client_secret::text AS sealed FROM hub.spaces
               UNION ALL SELECT backlog_access_token FROM hub.accounts
               UNION ALL SELECT backlog_refresh_token FROM hub.accounts
               UNION ALL SELECT backlog_access_token FROM hub.grants
               UNION ALL SELECT backlog_refresh_token FROM hub.grants
               UNION ALL SELECT key FROM hub.check_key
           ) AS all_sealed WHERE sealed IS NOT NULL ORDER BY 1"#
    )
    .fetch_all(db)
    .await
}
