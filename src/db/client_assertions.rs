//! `hub.client_assertions`: a unique constraint makes each assertion valid once.

use chrono::{DateTime, Utc};
use oauth_values::token::TokenHash;
use sqlx::PgExecutor;

use crate::domain::ClientKey;

/// Returns true for the first presentation of an assertion's `jti`.
pub async fn first_use(
    db: impl PgExecutor<'_>,
    client: ClientKey,
    jti: TokenHash,
    expires_at: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    sqlx::query!(
        "INSERT INTO hub.client_assertions (client_id, jti_hash, expires_at)
         VALUES ($1, $2::bytea, $3) ON CONFLICT DO NOTHING",
        client.0,
        jti.as_bytes(),
        expires_at,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}
