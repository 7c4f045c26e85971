//! The stored data of one user and its erasure, by functions of the schema `admin`.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgExecutor;

/// An account, grant or audit event of the user.
#[derive(Debug, Serialize)]
pub struct Record {
    /// `account`, `grant` or `event`.
    pub kind: String,
    pub at: DateTime<Utc>,
    pub data: Value,
}

/// Exports everything except secrets, oldest first. An unknown space is a database error.
pub async fn export(
    db: impl PgExecutor<'_>,
    space: &str,
    backlog_user_id: i64,
) -> Result<Vec<Record>, sqlx::Error> {
    sqlx::query_as!(
        Record,
        r#"SELECT kind AS "kind!", at AS "at!", data AS "data!"
           FROM admin.export_user(space => $1, backlog_user_id => $2)"#,
        space,
        backlog_user_id,
    )
    .fetch_all(db)
    .await
}

/// The number of rows that an erasure changed.
#[derive(Debug, Serialize)]
pub struct Forgotten {
    pub grants: i64,
    pub consents: i64,
    /// Calls and refreshes, which are deleted.
    pub events: i64,
    /// Sign-ins and ends of grants, which no longer identify the user.
    pub anonymised: i64,
}

pub async fn forget(
    db: impl PgExecutor<'_>,
    space: &str,
    backlog_user_id: i64,
) -> Result<Forgotten, sqlx::Error> {
    sqlx::query_as!(
        Forgotten,
        r#"SELECT grants AS "grants!", consents AS "consents!", events AS "events!",
                  anonymised AS "anonymised!"
           FROM admin.forget_user(space => $1, backlog_user_id => $2)"#,
        space,
        backlog_user_id,
    )
    .fetch_one(db)
    .await
}
