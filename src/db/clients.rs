//! `hub.clients`.

use sqlx::PgExecutor;
use uuid::Uuid;

use super::{scopes_from_sql, scopes_to_sql, unreadable};
use crate::{
    domain::{Client, ClientKey, SpaceId, client::ClientAuth},
    oauth::{
        RedirectUri,
        registration::{AuthMethod, Registration},
    },
};

struct Row {
    id: Uuid,
    client_id: String,
    space_id: Option<Uuid>,
    client_name: Option<String>,
    client_uri: Option<String>,
    redirect_uris: Vec<String>,
    token_endpoint_auth_method: String,
    client_secret_hash: Option<String>,
    scopes: Vec<String>,
}

impl TryFrom<Row> for Client {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let method = AuthMethod::parse(&row.token_endpoint_auth_method)
            .ok_or_else(|| unreadable("clients.token_endpoint_auth_method"))?;
        Ok(Self {
            key: ClientKey(row.id),
            client_id: row.client_id,
            space_id: row.space_id.map(SpaceId),
            name: row.client_name,
            uri: row.client_uri,
            redirect_uris: row
                .redirect_uris
                .iter()
                .map(|uri| RedirectUri::parse(uri).map_err(|_| unreadable("clients.redirect_uris")))
                .collect::<Result<_, _>>()?,
            auth: match row.client_secret_hash {
                None => ClientAuth::Public,
                Some(hash) => ClientAuth::Secret { method, hash },
            },
            scopes: scopes_from_sql(&row.scopes),
        })
    }
}

pub async fn find_by_client_id(
    db: impl PgExecutor<'_>,
    client_id: &str,
) -> Result<Option<Client>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        "SELECT id, client_id, space_id, client_name, client_uri, redirect_uris,
                token_endpoint_auth_method, client_secret_hash, scopes
         FROM hub.clients WHERE client_id = $1",
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
        "SELECT id, client_id, space_id, client_name, client_uri, redirect_uris,
                token_endpoint_auth_method, client_secret_hash, scopes
         FROM hub.clients WHERE id = $1",
        key.0
    )
    .fetch_optional(db)
    .await?
    .map(Client::try_from)
    .transpose()
}

/// A dynamic registration to store.
pub struct NewClient<'a> {
    pub key: ClientKey,
    pub client_id: &'a str,
    pub space_id: Option<SpaceId>,
    pub registration: &'a Registration,
    /// argon2id; `None` for a public client.
    pub secret_hash: Option<&'a str>,
}

/// A stored registration: the `client_id`, and when it was made.
pub struct Registered {
    pub client_id: String,
    pub created_at: chrono::DateTime<chrono::Utc>,
}

/// Stores a registration; the same public one sent again yields the row it made before.
pub async fn register(
    db: impl PgExecutor<'_>,
    client: &NewClient<'_>,
) -> Result<Registered, sqlx::Error> {
    let registration = client.registration;
    let redirect_uris: Vec<String> = registration
        .redirect_uris
        .iter()
        .map(|uri| uri.as_str().to_owned())
        .collect();
    sqlx::query_as!(
        Registered,
        r#"INSERT INTO hub.clients AS clients
               (id, client_id, space_id, origin, client_name, client_uri, redirect_uris,
                application_type, token_endpoint_auth_method, client_secret_hash, scopes,
                metadata_digest, last_used_at)
           VALUES ($1, $2, $3, 'dynamic', $4, $5, $6, $7, $8, $9, $10::text[], $11::bytea, NULL)
           ON CONFLICT (metadata_digest, space_id)
               WHERE origin = 'dynamic' AND token_endpoint_auth_method = 'none'
               DO UPDATE SET last_used_at = clock_timestamp()
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
        &scopes_to_sql(registration.scopes),
        &registration.digest()[..],
    )
    .fetch_one(db)
    .await
}

/// Notes that the client was used, for the reaping of idle ones.
pub async fn touch(db: impl PgExecutor<'_>, client: ClientKey) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE hub.clients SET last_used_at = clock_timestamp() WHERE id = $1",
        client.0
    )
    .execute(db)
    .await
    .map(|_| ())
}
