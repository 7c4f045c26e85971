//! Deletes audit events past their retention, every hour and soon after the start.
//!
//! A month is deleted as a whole once its last day has passed: dropping a partition is cheap,
//! however many events it holds.

use std::time::Duration;

use foundation::random::Random;
use sqlx::PgPool;

use crate::db::audit_events;

/// Runs until the task is dropped. The first round starts after a twelfth of the interval.
pub async fn run(pool: PgPool, every: Duration, random: Random, keep: Duration) {
    let mut wait = every / 12;
    loop {
        tokio::time::sleep(random.jittered(wait)).await;
        wait = every;
        match once(&pool, keep).await {
            Ok(expired) if expired == audit_events::Expired::default() => {}
            Ok(expired) => tracing::info!(?expired, "deleted old audit events"),
            Err(error) => tracing::warn!(%error, "could not delete old audit events; will retry"),
        }
    }
}

/// Counts what a round would delete now.
pub async fn count(pool: &PgPool, keep: Duration) -> Result<audit_events::Expired, sqlx::Error> {
    audit_events::count_expired(pool, keep).await
}

/// Deletes all events older than `keep`.
pub async fn once(pool: &PgPool, keep: Duration) -> Result<audit_events::Expired, sqlx::Error> {
    let mut all = audit_events::Expired::default();
    loop {
        let now = audit_events::expire(pool, keep).await?;
        all.months += now.months;
        all.events += now.events;
        if now.events == 0 {
            return Ok(all);
        }
    }
}
