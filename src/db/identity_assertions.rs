//! `hub.identity_assertions`: a unique constraint makes each assertion of a provider valid once.

use chrono::{DateTime, Utc};
use oauth_values::token::TokenHash;
use sqlx::PgExecutor;

use crate::domain::IdentityProviderId;

/// Returns true for the first presentation of an assertion's `jti`. A second one waits until the
/// transaction of the first has ended.
pub async fn first_use(
    db: impl PgExecutor<'_>,
    provider: IdentityProviderId,
    jti: TokenHash,
    expires_at: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    sqlx::query!(
        "INSERT INTO hub.identity_assertions (provider_id, jti_hash, expires_at)
         VALUES ($1, $2::bytea, $3) ON CONFLICT DO NOTHING",
        provider.0,
        jti.as_bytes(),
        expires_at,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}
