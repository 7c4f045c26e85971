//! `hub.clients`.

use std::{collections::HashSet, time::Duration};

use oauth_values::{
    RedirectUri,
    registration::{ApplicationType, AuthMethod, KeySource, Registration},
    token::TokenHash,
};
use sqlx::{PgConnection, PgExecutor, postgres::types::PgInterval};
use uuid::Uuid;

use super::{scopes_to_sql, scopes_with_levels, unreadable};
use crate::domain::{
    Client, ClientKey, Provenance, SpaceId,
    client::{ClientAuth, ClientOrigin, DocumentAge},
};

/// The columns of a client.
pub(super) struct Row {
    pub(super) id: Uuid,
    pub(super) client_id: String,
    pub(super) origin: String,
    pub(super) space_id: Option<Uuid>,
    pub(super) client_name: Option<String>,
    pub(super) client_uri: Option<String>,
    pub(super) redirect_uris: Vec<String>,
    pub(super) application_type: String,
    pub(super) token_endpoint_auth_method: String,
    pub(super) client_secret_hash: Option<String>,
    pub(super) jwks: Option<String>,
    pub(super) jwks_uri: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) levels: Option<Vec<String>>,
    pub(super) document_is_fresh: Option<bool>,
    pub(super) document_is_stale: Option<bool>,
    pub(super) was_used: bool,
}

impl TryFrom<Row> for Client {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let method = AuthMethod::parse(&row.token_endpoint_auth_method)
            .ok_or_else(|| unreadable("clients.token_endpoint_auth_method"))?;
        Ok(Self {
            key: ClientKey(row.id),
            client_id: row.client_id,
            origin: match row.origin.as_str() {
                "dynamic" => ClientOrigin::Dynamic,
                "metadata_document" => ClientOrigin::MetadataDocument(
                    match (row.document_is_fresh, row.document_is_stale) {
                        (Some(true), _) => DocumentAge::Fresh,
                        (_, Some(true)) => DocumentAge::Stale,
                        _ => DocumentAge::Outdated,
                    },
                ),
                "operator" => ClientOrigin::Operator,
                _ => return Err(unreadable("clients.origin")),
            },
            space_id: row.space_id.map(SpaceId),
            name: row.client_name,
            uri: row.client_uri,
            redirect_uris: row
                .redirect_uris
                .iter()
                .map(|uri| {
                    RedirectUri::parse_trusted(uri).map_err(|_| unreadable("clients.redirect_uris"))
                })
                .collect::<Result<_, _>>()?,
            application_type: ApplicationType::parse(&row.application_type)
                .ok_or_else(|| unreadable("clients.application_type"))?,
            auth: match (row.client_secret_hash, row.jwks, row.jwks_uri) {
                (Some(hash), _, _) => ClientAuth::Secret { method, hash },
                (None, Some(jwks), _) => ClientAuth::PrivateKey(KeySource::Inline(jwks)),
                (None, None, Some(uri)) => ClientAuth::PrivateKey(KeySource::Uri(uri)),
                (None, None, None) => ClientAuth::Public,
            },
            scopes: scopes_with_levels(&row.scopes, row.levels.as_deref()),
            was_used: row.was_used,
        })
    }
}

/// Selects columns of a code or token, and beside them those of its client, which [`client_of`] reads.
/// `from` joins `clients`.
macro_rules! select_with_client {
    ([$($columns:literal),+ $(,)?], $from:literal, $($argument:expr),+ $(,)?) => {
        sqlx::query!(
            "SELECT " + $($columns +)+ r#", clients.id AS "client_key!",
                  clients.client_id AS "client_id!",
                  clients.origin AS "origin!", clients.space_id AS client_space, clients.client_name,
                  clients.client_uri, clients.redirect_uris AS "redirect_uris!",
                  clients.application_type AS "application_type!",
                  clients.token_endpoint_auth_method AS "token_endpoint_auth_method!",
                  clients.client_secret_hash, clients.jwks,
                  clients.jwks_uri, clients.scopes AS "client_scopes!",
                  clients.levels AS client_levels,
                  clients.metadata_expires_at > clock_timestamp() AS document_is_fresh,
                  clients.metadata_expires_at > clock_timestamp() - interval '1 day'
                      AS document_is_stale,
                  clients.last_used_at IS NOT NULL AS "was_used!"
           "# + $from,
            $($argument),+
        )
    };
}

/// The client in a row of [`select_with_client`]; a `Result`.
macro_rules! client_of {
    ($row:ident) => {
        $crate::domain::Client::try_from($crate::db::clients::Row {
            id: $row.client_key,
            client_id: $row.client_id,
            origin: $row.origin,
            space_id: $row.client_space,
            client_name: $row.client_name,
            client_uri: $row.client_uri,
            redirect_uris: $row.redirect_uris,
            application_type: $row.application_type,
            token_endpoint_auth_method: $row.token_endpoint_auth_method,
            client_secret_hash: $row.client_secret_hash,
            jwks: $row.jwks,
            jwks_uri: $row.jwks_uri,
            scopes: $row.client_scopes,
            levels: $row.client_levels,
            document_is_fresh: $row.document_is_fresh,
            document_is_stale: $row.document_is_stale,
            was_used: $row.was_used,
        })
    };
}

pub(super) use {client_of, select_with_client};

/// The client that a request names. That of personal tokens signs nobody in, so none can name it.
pub async fn find_by_client_id(
    db: impl PgExecutor<'_>,
    client_id: &str,
) -> Result<Option<Client>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        r#"SELECT id, client_id, origin, space_id, client_name, client_uri, redirect_uris,
                  application_type, token_endpoint_auth_method, client_secret_hash, jwks,
                  jwks_uri, scopes, levels,
                  metadata_expires_at > clock_timestamp() AS document_is_fresh,
                  metadata_expires_at > clock_timestamp() - interval '1 day' AS document_is_stale,
                  last_used_at IS NOT NULL AS "was_used!"
           FROM hub.clients WHERE client_id = $1 AND NOT is_personal"#,
        client_id
    )
    .fetch_optional(db)
    .await?
    .map(Client::try_from)
    .transpose()
}

pub async fn find(db: impl PgExecutor<'_>, key: ClientKey) -> Result<Option<Client>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        r#"SELECT id, client_id, origin, space_id, client_name, client_uri, redirect_uris,
                  application_type, token_endpoint_auth_method, client_secret_hash, jwks,
                  jwks_uri, scopes, levels,
                  metadata_expires_at > clock_timestamp() AS document_is_fresh,
                  metadata_expires_at > clock_timestamp() - interval '1 day' AS document_is_stale,
                  last_used_at IS NOT NULL AS "was_used!"
           FROM hub.clients WHERE id = $1"#,
        key.0
    )
    .fetch_optional(db)
    .await?
    .map(Client::try_from)
    .transpose()
}

/// The clients of a user's live grants in a space.
pub async fn of_user(
    db: impl PgExecutor<'_>,
    space: SpaceId,
    backlog_user_id: i64,
) -> Result<Vec<Client>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        r#"SELECT id, client_id, origin, space_id, client_name, client_uri, redirect_uris,
                  application_type, token_endpoint_auth_method, client_secret_hash, jwks,
                  jwks_uri, scopes, levels,
                  metadata_expires_at > clock_timestamp() AS document_is_fresh,
                  metadata_expires_at > clock_timestamp() - interval '1 day' AS document_is_stale,
                  last_used_at IS NOT NULL AS "was_used!"
           FROM hub.clients WHERE id IN (
               SELECT grants.client_id FROM hub.grants AS grants
               WHERE grants.space_id = $1 AND grants.backlog_user_id = $2
                 AND grants.revoked_at IS NULL)"#,
        space.0,
        backlog_user_id,
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(Client::try_from)
    .collect()
}

/// A dynamic registration to store.
pub struct NewClient<'a> {
    pub key: ClientKey,
    pub client_id: &'a str,
    pub space_id: Option<SpaceId>,
    pub registration: &'a Registration,
    /// `None` for a client without a secret.
    pub secret_hash: Option<&'a str>,
    /// The hash of the registration access token; `None` for a registration that clients share.
    pub registration_token: Option<TokenHash>,
}

/// A stored registration: its `client_id` and creation time.
pub struct Registered {
    pub client_id: String,
    pub created_at: chrono::DateTime<chrono::Utc>,
}

/// Finds the row of an identical public registration.
pub async fn find_same(
    db: impl PgExecutor<'_>,
    registration: &Registration,
    space: Option<SpaceId>,
) -> Result<Option<Registered>, sqlx::Error> {
    sqlx::query_as!(
        Registered,
        "SELECT client_id, created_at FROM hub.clients
         WHERE origin = 'dynamic' AND token_endpoint_auth_method = 'none'
           AND metadata_digest = $1::bytea AND space_id IS NOT DISTINCT FROM $2",
        &registration.digest()[..],
        space.map(|space| space.0),
    )
    .fetch_optional(db)
    .await
}

/// Stores a registration; identical public ones sent at the same time yield one row.
pub async fn register(
    db: impl PgExecutor<'_>,
    client: &NewClient<'_>,
) -> Result<Registered, sqlx::Error> {
    let registration = client.registration;
    let redirect_uris = redirect_uris(registration);
    sqlx::query_as!(
        Registered,
        r#"INSERT INTO hub.clients AS clients
               (id, client_id, space_id, origin, client_name, client_uri, redirect_uris,
                application_type, token_endpoint_auth_method, client_secret_hash, jwks,
                jwks_uri, scopes, metadata_digest, registration_token_hash, levels)
           VALUES ($1, $2, $3, 'dynamic', $4, $5, $6, $7, $8, $9, $10, $11, $12::text[],
                   $13::bytea, $14::bytea, $15)
           ON CONFLICT (metadata_digest, space_id)
               WHERE origin = 'dynamic' AND token_endpoint_auth_method = 'none'
               -- Changes nothing, but makes the row come back.
               DO UPDATE SET metadata_digest = excluded.metadata_digest
           RETURNING client_id, created_at"#,
        client.key.0,
        client.client_id,
        client.space_id.map(|space| space.0),
        registration.client_name,
        registration.client_uri,
        &redirect_uris,
        registration.application_type.as_str(),
        registration.auth_method.as_str(),
        client.secret_hash,
        inline(registration),
        uri(registration),
        &scopes_to_sql(registration.scopes.base()),
        &registration.digest()[..],
        client.registration_token.as_ref().map(TokenHash::as_bytes),
        &scopes_to_sql(registration.scopes.levels()),
    )
    .fetch_one(db)
    .await
}

/// Replaces the hash `old` with another hash of the same secret, if `old` is still stored.
pub async fn replace_secret_hash(
    db: impl PgExecutor<'_>,
    client: ClientKey,
    old: &str,
    new: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE hub.clients SET client_secret_hash = $3
         WHERE id = $1 AND client_secret_hash = $2",
        client.0,
        old,
        new,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Records that the client was used; idle clients are deleted. Returns what is proven about it;
/// `None` if it is gone.
pub async fn touch(
    db: impl PgExecutor<'_>,
    client: ClientKey,
) -> Result<Option<Provenance>, sqlx::Error> {
    let row = sqlx::query!(
        "UPDATE hub.clients SET last_used_at = clock_timestamp() WHERE id = $1
         RETURNING origin, client_id",
        client.0
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| provenance(&row.origin, row.client_id))
        .transpose()
}

/// The columns `origin` and `client_id`.
pub(super) fn provenance(origin: &str, client_id: String) -> Result<Provenance, sqlx::Error> {
    match origin {
        "dynamic" => Ok(Provenance::Itself),
        "metadata_document" => Ok(Provenance::Document(client_id)),
        "operator" => Ok(Provenance::Operator),
        _ => Err(unreadable("clients.origin")),
    }
}

/// The `client_id`s of the clients that operators registered.
pub async fn ids_of_operators(db: impl PgExecutor<'_>) -> Result<HashSet<String>, sqlx::Error> {
    let ids = sqlx::query_scalar!("SELECT client_id FROM hub.clients WHERE origin = 'operator'");
    Ok(ids.fetch_all(db).await?.into_iter().collect())
}

fn inline(registration: &Registration) -> Option<&str> {
    match &registration.keys {
        Some(KeySource::Inline(jwks)) => Some(jwks),
        _ => None,
    }
}

fn uri(registration: &Registration) -> Option<&str> {
    match &registration.keys {
        Some(KeySource::Uri(uri)) => Some(uri),
        _ => None,
    }
}

/// Stores or updates the copy of a metadata document, fresh for `fresh_for`.
pub async fn upsert_document(
    db: impl PgExecutor<'_>,
    key: ClientKey,
    client_id: &str,
    registration: &Registration,
    fresh_for: Duration,
) -> Result<(), sqlx::Error> {
    let redirect_uris = redirect_uris(registration);
    sqlx::query!(
        "INSERT INTO hub.clients AS clients
            (id, client_id, origin, client_name, client_uri, redirect_uris, application_type,
             token_endpoint_auth_method, jwks, jwks_uri, scopes, metadata_digest,
             metadata_expires_at, levels)
         VALUES ($1, $2, 'metadata_document', $3, $4, $5, $6, $7, $8, $9, $10::text[],
                 $11::bytea, clock_timestamp() + $12::interval, $13)
         ON CONFLICT (client_id) DO UPDATE SET
            client_name = excluded.client_name,
            client_uri = excluded.client_uri,
            redirect_uris = excluded.redirect_uris,
            application_type = excluded.application_type,
            token_endpoint_auth_method = excluded.token_endpoint_auth_method,
            jwks = excluded.jwks,
            jwks_uri = excluded.jwks_uri,
            scopes = excluded.scopes,
            levels = excluded.levels,
            metadata_digest = excluded.metadata_digest,
            metadata_expires_at = excluded.metadata_expires_at
         WHERE clients.origin = 'metadata_document'",
        key.0,
        client_id,
        registration.client_name,
        registration.client_uri,
        &redirect_uris,
        registration.application_type.as_str(),
        registration.auth_method.as_str(),
        inline(registration),
        uri(registration),
        &scopes_to_sql(registration.scopes.base()),
        &registration.digest()[..],
        PgInterval::try_from(fresh_for).map_err(sqlx::Error::Encode)?,
        &scopes_to_sql(registration.scopes.levels()),
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Finds the client that a registration access token manages.
pub async fn find_managed(
    db: impl PgExecutor<'_>,
    client_id: &str,
    space: Option<SpaceId>,
    token: TokenHash,
) -> Result<Option<Registered>, sqlx::Error> {
    sqlx::query_as!(
        Registered,
        "SELECT client_id, created_at FROM hub.clients
         WHERE client_id = $1 AND space_id IS NOT DISTINCT FROM $2
           AND registration_token_hash = $3",
        client_id,
        space.map(|space| space.0),
        token.as_bytes(),
    )
    .fetch_optional(db)
    .await
}

/// Replaces the metadata of a managed client. Returns false if the authentication method would
/// change, which is not allowed.
pub async fn update_managed(
    db: impl PgExecutor<'_>,
    token: TokenHash,
    registration: &Registration,
) -> Result<bool, sqlx::Error> {
    let redirect_uris = redirect_uris(registration);
    sqlx::query!(
        "UPDATE hub.clients
         SET client_name = $2, client_uri = $3, redirect_uris = $4, application_type = $5,
             jwks = $6, jwks_uri = $7, scopes = $8::text[], metadata_digest = $9::bytea,
             levels = $11
         WHERE registration_token_hash = $1 AND token_endpoint_auth_method = $10",
        token.as_bytes(),
        registration.client_name,
        registration.client_uri,
        &redirect_uris,
        registration.application_type.as_str(),
        inline(registration),
        uri(registration),
        &scopes_to_sql(registration.scopes.base()),
        &registration.digest()[..],
        registration.auth_method.as_str(),
        &scopes_to_sql(registration.scopes.levels()),
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// Deletes a managed client with all its grants.
pub async fn delete_managed(db: &mut PgConnection, token: TokenHash) -> Result<bool, sqlx::Error> {
    let client = sqlx::query_scalar!(
        "SELECT id FROM hub.clients WHERE registration_token_hash = $1 FOR UPDATE",
        token.as_bytes()
    );
    let Some(client) = client.fetch_optional(&mut *db).await? else {
        return Ok(false);
    };
    // Revoking a user's last grant deletes the account with its Backlog tokens.
    sqlx::query!(
        "SELECT hub.revoke_grants(
             ARRAY(SELECT id FROM hub.grants WHERE client_id = $1 AND revoked_at IS NULL),
             'by_client')",
        client
    )
    .fetch_one(&mut *db)
    .await?;
    sqlx::query!("DELETE FROM hub.clients WHERE id = $1", client)
        .execute(db)
        .await
        .map(|done| done.rows_affected() == 1)
}

fn redirect_uris(registration: &Registration) -> Vec<String> {
    registration
        .redirect_uris
        .iter()
        .map(|uri| uri.as_str().to_owned())
        .collect()
}
