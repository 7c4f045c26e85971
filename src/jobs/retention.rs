//! Removes audit events that are older than they are kept, every hour,
//! and soon after the start.
//!
//! A month goes as a whole, when its last day is past: dropping a partition costs nothing,
//! however many events it holds.

use std::time::Duration;

use sqlx::PgPool;

use crate::{db::audit_events, random::Random};

const EVERY: Duration = Duration::from_secs(3600);

/// Runs until the task is dropped.
pub async fn run(pool: PgPool, random: Random, keep: Duration) {
    let mut wait = Duration::from_secs(60);
    loop {
        // Replicas that started together do not come together.
        let [jitter] = random.bytes::<1>();
        tokio::time::sleep(wait + Duration::from_secs(u64::from(jitter))).await;
        wait = EVERY;
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
