//! `hub.check_key`: the one key of the keyed checks, sealed.

use sqlx::PgExecutor;

/// The row's name in the sealing; there is one row.
pub const ROW: &str = "only";

/// The sealed key; `None` before the first start.
pub async fn find(db: impl PgExecutor<'_>) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT key AS "key!" FROM hub.check_key"#)
        .fetch_optional(db)
        .await
}

/// Stores the key, unless another replica was faster.
pub async fn insert(db: impl PgExecutor<'_>, sealed: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO hub.check_key (key) VALUES ($1::text) ON CONFLICT (is_only) DO NOTHING",
        sealed
    )
    .execute(db)
    .await
    .map(|_| ())
}
