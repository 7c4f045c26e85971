//! Removes what has expired, every five minutes, one replica at a time.
//!
//! 1. Take the lock, or leave it to the replica that has it.
//! 2. Go through the table below; each entry in batches, until none is left.
//! 3. Say what was removed.
//!
//! It also makes next month's partition of the audit trail, ahead of time.

use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::{PgConnection, PgPool};

use crate::{
    clock::Clock,
    db::{audit_events, cleanup},
    observe::Metrics,
    random::Random,
};

const EVERY: Duration = Duration::from_secs(300);
/// A full batch is followed by a breath, so that other statements get through.
const BREATH: Duration = Duration::from_millis(20);

type Batch = for<'a> fn(&'a mut PgConnection) -> BoxFuture<'a, Result<u64, sqlx::Error>>;

macro_rules! table {
    ($($name:ident),* $(,)?) => {
        [$((stringify!($name), |db| Box::pin(cleanup::$name(db)))),*]
    };
}

/// What is removed, in this order: tokens before the grants that they keep alive.
const TABLE: [(&str, Batch); 10] = table![
    authorization_requests,
    authorization_codes,
    access_tokens,
    refresh_tokens,
    refresh_answers,
    client_assertions,
    consents,
    grants,
    idle_clients,
    never_used_clients,
];

/// Runs until the task is dropped. `also` is called each time around.
pub async fn run(pool: PgPool, random: Random, clock: Clock, metrics: Metrics, also: impl Fn()) {
    loop {
        // Replicas that started together do not come together.
        let [jitter] = random.bytes::<1>();
        tokio::time::sleep(EVERY + Duration::from_millis(200) * u32::from(jitter)).await;
        also();
        let removed = once(&pool).await;
        if let Ok(removed) = &removed {
            metrics.cleaned_up(removed, clock.now().timestamp());
        }
        match removed {
            Ok(removed) if removed.is_empty() => {}
            Ok(removed) => tracing::info!(?removed, "cleaned up"),
            Err(error) => tracing::warn!(%error, "the cleanup did not finish"),
        }
    }
}

/// One round; what was removed, by name. Nothing if another replica is at it.
pub async fn once(pool: &PgPool) -> Result<Vec<(&'static str, u64)>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    if !cleanup::try_lock(&mut connection).await? {
        return Ok(Vec::new());
    }
    let removed = match audit_events::ensure_months(&mut *connection).await {
        Ok(()) => remove_all(&mut connection).await,
        Err(error) => Err(error),
    };
    let unlocked = cleanup::unlock(&mut connection).await;
    if unlocked.is_err() {
        // The lock goes with the connection.
        connection.close_on_drop();
    }
    removed
}

async fn remove_all(db: &mut PgConnection) -> Result<Vec<(&'static str, u64)>, sqlx::Error> {
    let mut removed = Vec::new();
    for (name, batch) in TABLE {
        let mut rows = 0;
        loop {
            let now = batch(&mut *db).await?;
            rows += now;
            if now == 0 {
                break;
            }
            tokio::time::sleep(BREATH).await;
        }
        if rows > 0 {
            removed.push((name, rows));
        }
    }
    Ok(removed)
}
