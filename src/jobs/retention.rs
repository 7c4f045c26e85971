//! Removes audit events that are older than they are kept, every hour,
//! and soon after the start.
//!
//! A month goes as a whole, when its last day is past: dropping a partition costs nothing,
//! however many events it holds.

use std::time::Duration;

use sqlx::PgPool;

use crate::{db::audit_events, random::Random};

/// Runs until the task is dropped. The first round comes after a twelfth of the time.
pub async fn run(pool: PgPool, every: Duration, random: Random, keep: Duration) {
    let mut wait = every / 12;
    loop {
        tokio::time::sleep(super::about(wait, &random)).await;
        wait = every;
        match once(&pool, keep).await {
            Ok(expired) if expired == audit_events::Expired::default() => {}
            Ok(expired) => tracing::info!(?expired, "old audit events were removed"),
            Err(error) => tracing::warn!(%error, "old audit events were not removed"),
        }
    }
}

/// What a round would remove now.
pub async fn count(pool: &PgPool, keep: Duration) -> Result<audit_events::Expired, sqlx::Error> {
    audit_events::count_expired(pool, keep).await
}

/// Removes all that is older than `keep`.
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
