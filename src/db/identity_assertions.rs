//! `hub.identity_assertions`: a unique constraint makes each assertion of a provider valid once.

use chrono::{DateTime, Utc};
use oauth_values::token::TokenHash;
use sqlx::PgExecutor;

use crate::domain::IdentityProviderId;

/// Returns true for the first presentation of an assertion's `jti`. A second one waits until the
/// transaction of the first has ended. The row is kept for five minutes more than the assertion is
/// valid: cleanup follows the clock of the database, and the clock of a replica may be behind.
pub async fn first_use(
    db: impl PgExecutor<'_>,
    provider: IdentityProviderId,
    jti: TokenHash,
    expires_at: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    sqlx::query!(
        "INSERT INTO hub.identity_assertions (provider_id, jti_hash, expires_at)
         VALUES ($1, $2::bytea, $3::timestamptz + interval '5 minutes') ON CONFLICT DO NOTHING",
        provider.0,
        jti.as_bytes(),
        expires_at,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}
