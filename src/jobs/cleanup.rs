//! Removes what has expired, every five minutes and whenever strangers have added many rows, one
//! replica at a time.
//!
//! 1. Take the lock, or leave it to the replica that has it.
//! 2. Go through the table below; each entry in batches, until none is left.
//! 3. Say what was removed.
//!
//! It also makes next month's partition of the audit trail, ahead of time.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use sqlx::{PgConnection, PgPool};
use tokio::sync::Notify;

use crate::{
    clock::Clock,
    db::{audit_events, cleanup},
    observe::Metrics,
    random::Random,
};

/// A full batch is followed by a breath, so that other statements get through.
const BREATH: Duration = Duration::from_millis(20);

type Statement<T> = for<'a> fn(&'a mut PgConnection) -> BoxFuture<'a, Result<T, sqlx::Error>>;

/// A kind of row that is removed.
struct Kind {
    name: &'static str,
    remove: Statement<u64>,
    count: Statement<i64>,
}

macro_rules! table {
    ($($name:ident),* $(,)?) => {
        [$(Kind {
            name: stringify!($name),
            remove: |db| Box::pin(cleanup::$name::remove(db)),
            count: |db| Box::pin(cleanup::$name::count(db)),
        }),*]
    };
}

/// What is removed, in this order: tokens before the grants that they keep alive.
const TABLE: [Kind; 14] = table![
    authorization_requests,
    undecided_requests,
    authorization_codes,
    access_tokens,
    refresh_tokens,
    refresh_answers,
    client_assertions,
    consents,
    browser_spaces,
    grants,
    accounts,
    paused_endings,
    idle_clients,
    never_used_clients,
];

/// When a round comes.
pub struct Rounds {
    pub every: Duration,
    /// Where this is told, one comes at once.
    pub early: Arc<Notify>,
}

/// Runs until the task is dropped. `also` is called each time around.
pub async fn run(
    pool: PgPool,
    rounds: Rounds,
    random: Random,
    clock: Clock,
    metrics: Metrics,
    also: impl Fn(),
) {
    metrics.cleans_up(TABLE.map(|kind| kind.name));
    // Of a service that has not run for a month, events would come before their partition.
    if let Err(error) = audit_events::ensure_months(&pool).await {
        tracing::warn!(%error, "the partitions of the audit trail are not made yet");
    }
    loop {
        tokio::select! {
            () = tokio::time::sleep(super::about(rounds.every, &random)) => {}
            () = rounds.early.notified() => {}
        }
        also();
        let removed = once(&pool).await;
        if let Ok(removed) = &removed {
            let removed = removed.as_deref().unwrap_or_default();
            metrics.cleaned_up(removed, clock.now().timestamp());
        }
        match removed {
            Ok(None) => {}
            Ok(Some(removed)) if removed.is_empty() => {}
            Ok(Some(removed)) => tracing::info!(?removed, "cleaned up"),
            Err(error) => tracing::warn!(%error, "the cleanup did not finish"),
        }
    }
}

/// One round; what was removed, by name. `None` if another process is at it.
pub async fn once(pool: &PgPool) -> Result<Option<Vec<(&'static str, u64)>>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    if !cleanup::try_lock(&mut connection).await? {
        return Ok(None);
    }
    let months = audit_events::ensure_months(&mut *connection).await;
    let removed = remove_all(&mut connection).await;
    let unlocked = cleanup::unlock(&mut connection).await;
    if unlocked.is_err() {
        // The lock goes with the connection.
        connection.close_on_drop();
    }
    // Events have a place without them: what expired goes first.
    months.and(removed).map(Some)
}

/// What a round would remove now, by name.
pub async fn count(pool: &PgPool) -> Result<Vec<(&'static str, i64)>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let mut counted = Vec::new();
    for kind in TABLE {
        counted.push((kind.name, (kind.count)(&mut connection).await?));
    }
    Ok(counted)
}

async fn remove_all(db: &mut PgConnection) -> Result<Vec<(&'static str, u64)>, sqlx::Error> {
    let mut removed = Vec::new();
    for kind in TABLE {
        let mut rows = 0;
        loop {
            let now = (kind.remove)(&mut *db).await?;
            rows += now;
            if now == 0 {
                break;
            }
            tokio::time::sleep(BREATH).await;
        }
        if rows > 0 {
            removed.push((kind.name, rows));
        }
    }
    Ok(removed)
}
