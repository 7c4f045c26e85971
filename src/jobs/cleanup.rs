//! Deletes expired rows, every five minutes and whenever unauthenticated requests have added many
//! rows, on one replica at a time.
//!
//! 1. End the grants that are older than the operator allows.
//! 2. Take the lock, or leave the round to the replica that holds it.
//! 3. Process the table below; delete each kind of row in batches until none is left.
//! 4. Log what was deleted.
//!
//! It also creates next month's partition of the audit trail in advance.

use std::{sync::Arc, time::Duration};

use foundation::{clock::Clock, random::Random};
use futures_util::future::BoxFuture;
use sqlx::{PgConnection, PgPool};
use tokio::sync::Notify;

use crate::{
    db::{audit_events, cleanup, grants},
    domain::RevocationReason,
    metrics::Metrics,
};

/// The pause after each batch, so that other statements get through.
const BREATH: Duration = Duration::from_millis(20);

type Statement<T> = for<'a> fn(&'a mut PgConnection) -> BoxFuture<'a, Result<T, sqlx::Error>>;

/// A kind of row that the cleanup deletes.
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

/// The kinds in the order of deletion: tokens before the grants that they keep alive.
const TABLE: [Kind; 19] = table![
    authorization_requests,
    undecided_requests,
    authorization_codes,
    device_codes,
    access_tokens,
    refresh_tokens,
    refresh_responses,
    client_assertions,
    identity_assertions,
    upload_links,
    consents,
    browser_spaces,
    account_sign_ins,
    account_sessions,
    grants,
    accounts,
    paused_endings,
    idle_clients,
    never_used_clients,
];

/// When a round starts.
pub struct Rounds {
    pub every: Duration,
    /// A notification starts a round at once.
    pub early: Arc<Notify>,
    /// The longest age of a grant, if there is one.
    pub grant_max_age: Option<Duration>,
}

/// The job.
pub struct Cleanup {
    pub pool: PgPool,
    pub rounds: Rounds,
    pub random: Random,
    pub clock: Clock,
    pub metrics: Metrics,
}

impl Cleanup {
    /// Runs until the task is dropped. `also` is called before each round.
    pub async fn run(self, also: impl Fn()) {
        let Self {
            pool,
            rounds,
            random,
            clock,
            metrics,
        } = self;
        metrics.cleans_up(TABLE.map(|kind| kind.name));
        // After a month without running, events would come before their partition exists.
        if let Err(error) = audit_events::ensure_months(&pool).await {
            tracing::warn!(%error, "could not create the audit partitions; will retry");
        }
        loop {
            tokio::select! {
                () = tokio::time::sleep(random.jittered(rounds.every)) => {}
                () = rounds.early.notified() => {}
            }
            also();
            if let Some(max_age) = rounds.grant_max_age {
                end_older(&pool, max_age).await;
            }
            let removed = once(&pool).await;
            if let Ok(removed) = &removed {
                let removed = removed.as_deref().unwrap_or_default();
                metrics.cleaned_up(removed, clock.now().timestamp());
            }
            match removed {
                Ok(None) => {}
                Ok(Some(removed)) if removed.is_empty() => {}
                Ok(Some(removed)) => tracing::info!(?removed, "cleaned up"),
                Err(error) => tracing::warn!(%error, "the cleanup failed; will retry"),
            }
        }
    }
}

/// Ends the grants that are older than this. Several replicas may do so at the same time.
async fn end_older(pool: &PgPool, max_age: Duration) {
    let mut ended = 0;
    loop {
        match grants::end_older(pool, max_age).await {
            Ok(0) => break,
            Ok(now) => ended += now,
            Err(error) => {
                tracing::warn!(%error, "could not end the grants older than GRANT_MAX_AGE; will retry");
                break;
            }
        }
        tokio::time::sleep(BREATH).await;
    }
    if ended > 0 {
        let reason = RevocationReason::TooOld.as_str();
        tracing::info!(ended, reason, "grants revoked");
    }
}

/// Runs one round and returns the deleted rows by kind. `None` if another process is cleaning up.
pub async fn once(pool: &PgPool) -> Result<Option<Vec<(&'static str, u64)>>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    if !cleanup::try_lock(&mut connection).await? {
        return Ok(None);
    }
    let months = audit_events::ensure_months(&mut *connection).await;
    let removed = remove_all(&mut connection).await;
    let unlocked = cleanup::unlock(&mut connection).await;
    if unlocked.is_err() {
        // Closing the connection releases the lock.
        connection.close_on_drop();
    }
    // Cleanup does not depend on the partitions, so their error is returned only afterwards.
    months.and(removed).map(Some)
}

/// Counts the rows that a round would delete now, by kind.
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
