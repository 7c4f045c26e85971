//! `hub.check_key`: the one key of the keyed checks, sealed.

use sqlx::PgExecutor;

/// The row's name in the sealing; there is one row.
pub const ROW: &str = "only";

/// The stored key.
pub struct Stored {
    pub sealed: String,
    /// It took the place of another one, which clients may have checks of.
    pub replaced: bool,
}

/// The key; `None` before the first start.
pub async fn find(db: impl PgExecutor<'_>) -> Result<Option<Stored>, sqlx::Error> {
    sqlx::query_as!(
        Stored,
        r#"SELECT key AS "sealed!", replaced FROM hub.check_key"#
    )
    .fetch_optional(db)
    .await
}

/// Stores the key, unless another replica was faster.
pub async fn insert(db: impl PgExecutor<'_>, sealed: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO hub.check_key (key, replaced)
         VALUES ($1::text, EXISTS (SELECT FROM hub.clients WHERE length(client_id) = 53
                                   AND origin = 'dynamic'))
         ON CONFLICT (is_only) DO NOTHING",
        sealed
    )
    .execute(db)
    .await
    .map(|_| ())
}
