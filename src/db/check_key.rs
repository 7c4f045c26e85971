//! `hub.check_key`: the single key for keyed checks, sealed.

use sqlx::PgExecutor;

/// The row id that the key is sealed with; the table has one row.
pub const ROW: &str = "only";

/// The stored key.
pub struct Stored {
    pub sealed: String,
    /// The key replaced an earlier one, and clients may still hold checks made with that one.
    pub replaced: bool,
}

/// Returns the key; `None` before the first start.
pub async fn find(db: impl PgExecutor<'_>) -> Result<Option<Stored>, sqlx::Error> {
    sqlx::query_as!(
        Stored,
        r#"SELECT key AS "sealed!", replaced FROM hub.check_key"#
    )
    .fetch_optional(db)
    .await
}

/// Stores the key, unless another replica has stored one first.
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
