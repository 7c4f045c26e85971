//! `hub.consents`: approvals that a browser need not repeat.

use std::time::Duration;

use oauth_values::{Scopes, token::TokenHash};
use sqlx::{PgExecutor, postgres::types::PgInterval};
use uuid::Uuid;

use super::scopes_to_sql;
use crate::domain::{ClientKey, SpaceId};

/// The subject of a remembered approval; another redirect URI needs its own approval.
pub struct ConsentKey<'a> {
    pub browser: TokenHash,
    pub client: ClientKey,
    pub space: SpaceId,
    pub redirect_uri: &'a str,
}

/// Whether this has been approved, for at least these scopes.
pub async fn covers(
    db: impl PgExecutor<'_>,
    key: &ConsentKey<'_>,
    scopes: Scopes,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM hub.consents
               WHERE browser_hash = $1 AND client_id = $2 AND space_id = $3
                 AND redirect_uri = $4 AND scopes::text[] @> $5::text[]
                 AND expires_at > clock_timestamp()) AS "covered!""#,
        key.browser.as_bytes(),
        key.client.0,
        key.space.0,
        key.redirect_uri,
        &scopes_to_sql(scopes),
    )
    .fetch_one(db)
    .await
}

/// Forgets an approval, so that the next sign-in asks again.
pub async fn forget(db: impl PgExecutor<'_>, key: &ConsentKey<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM hub.consents
         WHERE browser_hash = $1 AND client_id = $2 AND space_id = $3 AND redirect_uri = $4",
        key.browser.as_bytes(),
        key.client.0,
        key.space.0,
        key.redirect_uri,
    )
    .execute(db)
    .await
    .map(|_| ())
}

pub async fn remember(
    db: impl PgExecutor<'_>,
    id: Uuid,
    key: &ConsentKey<'_>,
    scopes: Scopes,
    lifetime: Duration,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO hub.consents
            (id, browser_hash, client_id, space_id, redirect_uri, scopes, expires_at)
         VALUES ($1, $2::bytea, $3, $4, $5, $6::text[], clock_timestamp() + $7::interval)
         ON CONFLICT (browser_hash, client_id, space_id, redirect_uri)
            DO UPDATE SET scopes = excluded.scopes, expires_at = excluded.expires_at",
        id,
        key.browser.as_bytes(),
        key.client.0,
        key.space.0,
        key.redirect_uri,
        &scopes_to_sql(scopes),
        PgInterval::try_from(lifetime).map_err(sqlx::Error::Encode)?,
    )
    .execute(db)
    .await
    .map(|_| ())
}
