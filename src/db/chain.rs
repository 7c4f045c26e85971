//! The hash chain of operators' changes in `hub.audit_events`, as `admin.verify_audit` checks it.

use serde::Serialize;
use sqlx::PgExecutor;

/// The result of verifying the chain.
#[derive(Debug, Serialize)]
pub struct Checked {
    pub events: i64,
    pub last_number: i64,
    /// In hexadecimal.
    pub last_hash: String,
    /// `None` if the chain is intact.
    pub problem: Option<String>,
}

/// Runs `admin.verify_audit`; `noted` is the number and hash of an event, recorded earlier.
pub async fn verify(
    db: impl PgExecutor<'_>,
    noted: Option<(i64, &str)>,
) -> Result<Checked, sqlx::Error> {
    sqlx::query_as!(
        Checked,
        r#"SELECT events AS "events!", last_number AS "last_number!", last_hash AS "last_hash!",
                  problem
           FROM admin.verify_audit(noted_number => $1, noted_hash => $2)"#,
        noted.map(|(number, _)| number),
        noted.map(|(_, hash)| hash),
    )
    .fetch_one(db)
    .await
}
