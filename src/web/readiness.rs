//! Whether the replica can take requests: the database responds, is writable, and its schema is
//! current. The result is kept for a second.

use std::time::Duration;

use moka::future::Cache;
use sqlx::PgPool;

use crate::db;

const SERVES_FOR: Duration = Duration::from_secs(1);

/// The last result: the reason why the hub is not ready, if there is one.
#[derive(Clone, Debug)]
pub struct Readiness(Cache<(), Option<&'static str>>);

impl Default for Readiness {
    fn default() -> Self {
        Self(
            Cache::builder()
                .max_capacity(1)
                .time_to_live(SERVES_FOR)
                .build(),
        )
    }
}

impl Readiness {
    /// Concurrent requests wait for one result.
    pub async fn obstacle(&self, db: &PgPool) -> Option<&'static str> {
        self.0.get_with((), examine(db)).await
    }
}

async fn examine(db: &PgPool) -> Option<&'static str> {
    match obstacle(db).await {
        Ok(reason) => {
            if let Some(reason) = reason {
                tracing::warn!("not ready: {reason}");
            }
            reason
        }
        Err(error) => {
            tracing::warn!(%error, "not ready: the database does not respond");
            Some("the database does not respond")
        }
    }
}

async fn obstacle(db: &PgPool) -> Result<Option<&'static str>, sqlx::Error> {
    if db::pool::is_standby(db).await? {
        return Ok(Some("the database is a standby: it is not promoted yet"));
    }
    if !db::migrate::is_current(db).await? {
        return Ok(Some("the schema is older than this version"));
    }
    Ok(None)
}
