//! `hub.given_secrets`: client secrets that operators have set and no replica has sealed yet.

use secrecy::SecretString;
use sqlx::PgExecutor;

use crate::domain::SpaceId;

/// A secret that is not sealed yet, and its space.
#[derive(Debug)]
pub struct GivenSecret {
    pub space: SpaceId,
    pub slug: String,
    pub base_url: String,
    /// Identifies this secret; a later secret for the same space has another version.
    pub version: i64,
    /// Plain text, or sealed at [`crate::domain::space::given_secret_place`].
    pub value: SecretString,
}

/// Lists all pending secrets, oldest first.
pub async fn list(db: impl PgExecutor<'_>) -> Result<Vec<GivenSecret>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT spaces.id, slug, base_url, version, value
         FROM hub.given_secrets JOIN hub.spaces ON spaces.id = given_secrets.space_id
         ORDER BY version"
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| GivenSecret {
            space: SpaceId(row.id),
            slug: row.slug,
            base_url: row.base_url,
            version: row.version,
            value: row.value.into(),
        })
        .collect())
}

/// Whether this secret is still the one to seal. Call it with the space's row locked.
pub async fn waits(
    db: impl PgExecutor<'_>,
    space: SpaceId,
    version: i64,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM hub.given_secrets
                          WHERE space_id = $1 AND version = $2) AS "waits!""#,
        space.0,
        version
    )
    .fetch_one(db)
    .await
}

/// Counts the pending secrets that are sealed with another key.
pub async fn count_sealed_without(
    db: impl PgExecutor<'_>,
    key_id: &str,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM hub.given_secrets
           WHERE value LIKE 'sealed:v1:%' AND split_part(value, ':', 3) <> $1"#,
        key_id
    )
    .fetch_one(db)
    .await
}

/// Records for the operator why the secret could not be sealed. Returns false if that is recorded
/// already.
pub async fn note_problem(
    db: impl PgExecutor<'_>,
    version: i64,
    problem: &str,
) -> Result<bool, sqlx::Error> {
    sqlx::query!(
        "UPDATE hub.given_secrets SET problem = $2
         WHERE version = $1 AND problem IS DISTINCT FROM $2",
        version,
        problem
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}
