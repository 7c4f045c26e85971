//! `hub.identity_links`: which user of Backlog a subject of a provider is. Two unique constraints
//! decide: a subject is one user, and a user is one subject of a provider.

use sqlx::PgExecutor;

use crate::domain::IdentityProvider;

/// Whether a subject is linked to a user.
pub async fn has(
    db: impl PgExecutor<'_>,
    provider: &IdentityProvider,
    subject: &str,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM hub.identity_links
                          WHERE provider_id = $1 AND subject = $2) AS "exists!""#,
        provider.id.0,
        subject,
    )
    .fetch_one(db)
    .await
}

/// The Backlog user of a subject, with the link marked as used.
pub async fn follow(
    db: impl PgExecutor<'_>,
    provider: &IdentityProvider,
    subject: &str,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        "UPDATE hub.identity_links SET last_used_at = clock_timestamp()
         WHERE provider_id = $1 AND subject = $2 RETURNING backlog_user_id",
        provider.id.0,
        subject,
    )
    .fetch_optional(db)
    .await
}

/// Links a subject to a user. Does nothing if either is linked already.
pub async fn insert(
    db: impl PgExecutor<'_>,
    provider: &IdentityProvider,
    subject: &str,
    backlog_user_id: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO hub.identity_links (provider_id, subject, space_id, backlog_user_id)
         VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        provider.id.0,
        subject,
        provider.space.0,
        backlog_user_id,
    )
    .execute(db)
    .await
    .map(|_| ())
}
