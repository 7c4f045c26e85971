//! Deletes expired rows, every five minutes and whenever unauthenticated requests have added many
//! rows, on one replica at a time.
//!
//! 1. End the grants that are older than the operator allows.
//! 2. Take the lock, or leave the round to the replica that holds it.
//! 3. Process the table below: delete some batches of each kind of row, and pause after each
//!    statement ([`Throttle`]).
//! 4. Log what was deleted. If rows are left, the next round starts at once.
//!
//! It also creates next month's partition of the audit trail in advance.

use std::{array, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use foundation::{clock::Clock, random::Random};
use futures_util::future::BoxFuture;
use sqlx::{PgConnection, PgPool};
use tokio::sync::Notify;

use super::throttle::Throttle;
use crate::{
    db::{audit_events, cleanup, grants},
    domain::RevocationReason,
    metrics::Metrics,
};

/// The batches of one kind in a round: a backlog of one kind does not keep the others waiting.
const TURN: usize = 20;
const KINDS: usize = 19;

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
const TABLE: [Kind; KINDS] = table![
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
        self.metrics.cleans_up(TABLE.map(|kind| kind.name));
        // After a month without running, events would come before their partition exists.
        if let Err(error) = audit_events::ensure_months(&self.pool).await {
            tracing::warn!(%error, "could not create the audit partitions; will retry");
        }
        let mut throttles = Throttles::new(self.clock.clone());
        let mut rows_are_left = false;
        loop {
            if !rows_are_left {
                self.wait().await;
            }
            also();
            if let Some(max_age) = self.rounds.grant_max_age {
                end_older(&self.pool, max_age, &self.clock).await;
            }
            let round = round(&self.pool, &mut throttles).await;
            rows_are_left = report(round, &self.metrics, self.clock.now());
        }
    }

    async fn wait(&self) {
        tokio::select! {
            () = tokio::time::sleep(self.random.jittered(self.rounds.every)) => {}
            () = self.rounds.early.notified() => {}
        }
    }
}

/// Records a round; returns whether it left rows to the next one. After a failure, the next one
/// waits.
fn report(
    round: Result<Option<Round>, sqlx::Error>,
    metrics: &Metrics,
    now: DateTime<Utc>,
) -> bool {
    let (removed, rows_are_left, failed) = match round {
        Ok(Some(round)) => (
            named(round.removed),
            round.rows_are_left,
            round.months.err(),
        ),
        Ok(None) => (Vec::new(), false, None),
        Err(error) => (Vec::new(), false, Some(error)),
    };
    if !removed.is_empty() {
        tracing::info!(?removed, "cleaned up");
    }
    match failed {
        None => metrics.cleaned_up(&removed, now.timestamp()),
        Some(error) => tracing::warn!(%error, "the cleanup failed; will retry"),
    }
    rows_are_left
}

/// Ends the grants that are older than this. Several replicas may do so at the same time.
async fn end_older(pool: &PgPool, max_age: Duration, clock: &Clock) {
    let throttle = Throttle::default();
    let mut ended = 0;
    loop {
        let started = clock.now();
        match grants::end_older(pool, max_age).await {
            Ok(0) => break,
            Ok(now) => ended += now,
            Err(error) => {
                tracing::warn!(%error, "could not end the grants older than GRANT_MAX_AGE; will retry");
                break;
            }
        }
        pause(throttle, clock, started).await;
    }
    if ended > 0 {
        let reason = RevocationReason::TooOld.as_str();
        tracing::info!(ended, reason, "grants revoked");
    }
}

/// What limits the rounds of one process, by kind.
struct Throttles {
    clock: Clock,
    kinds: [Throttle; KINDS],
}

impl Throttles {
    fn new(clock: Clock) -> Self {
        Self {
            clock,
            kinds: [Throttle::default(); KINDS],
        }
    }
}

/// A round that is over.
struct Round {
    /// The deleted rows, in the order of the table.
    removed: [u64; KINDS],
    rows_are_left: bool,
    /// Whether the partitions of the audit trail exist; the deletion does not depend on them.
    months: Result<(), sqlx::Error>,
}

/// Runs rounds until no row is left, and returns the deleted rows by kind. `None` if another process
/// is cleaning up; one that continues between two rounds also deletes the rest.
pub async fn once(
    pool: &PgPool,
    clock: &Clock,
) -> Result<Option<Vec<(&'static str, u64)>>, sqlx::Error> {
    let mut throttles = Throttles::new(clock.clone());
    let Some(mut last) = round(pool, &mut throttles).await? else {
        return Ok(None);
    };
    let mut removed = last.removed;
    while last.rows_are_left {
        let Some(next) = round(pool, &mut throttles).await? else {
            break;
        };
        removed = array::from_fn(|kind| removed[kind] + next.removed[kind]);
        last = next;
    }
    last.months.map(|()| Some(named(removed)))
}

/// Runs one round. `None` if another process is cleaning up.
async fn round(pool: &PgPool, throttles: &mut Throttles) -> Result<Option<Round>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    if !cleanup::try_lock(&mut connection).await? {
        return Ok(None);
    }
    // A round that is cut off closes the connection, and with it releases the lock.
    connection.close_on_drop();
    let months = audit_events::ensure_months(&mut *connection).await;
    let removed = remove_turns(&mut connection, throttles).await;
    if let Err(error) = cleanup::unlock(&mut connection).await {
        tracing::debug!(%error, "could not release the lock; closing the connection does");
    }
    let (removed, rows_are_left) = removed?;
    Ok(Some(Round {
        removed,
        rows_are_left,
        months,
    }))
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

/// Gives each kind its turn; returns the deleted rows, and whether any are left.
async fn remove_turns(
    db: &mut PgConnection,
    throttles: &mut Throttles,
) -> Result<([u64; KINDS], bool), sqlx::Error> {
    let Throttles { clock, kinds } = throttles;
    let mut removed = [0_u64; KINDS];
    let mut rows_are_left = false;
    for ((kind, throttle), rows) in TABLE.iter().zip(kinds).zip(&mut removed) {
        let mut turn = TURN;
        let is_empty = loop {
            let started = clock.now();
            let now = (kind.remove)(&mut *db).await?;
            pause(*throttle, clock, started).await;
            *rows += now;
            turn -= 1;
            if now == 0 || turn == 0 {
                break now == 0;
            }
        };
        if is_empty {
            throttle.empty();
            continue;
        }
        rows_are_left = true;
        count_due(db, kind, throttle, clock).await?;
    }
    Ok((removed, rows_are_left))
}

/// Counts the rows that wait, if it is time to.
async fn count_due(
    db: &mut PgConnection,
    kind: &Kind,
    throttle: &mut Throttle,
    clock: &Clock,
) -> Result<(), sqlx::Error> {
    let started = clock.now();
    if throttle.is_count_due(started) {
        let rows = (kind.count)(&mut *db).await?;
        throttle.count(rows, started);
        pause(*throttle, clock, started).await;
    }
    Ok(())
}

async fn pause(throttle: Throttle, clock: &Clock, started: DateTime<Utc>) {
    let took = clock.now().signed_duration_since(started);
    // A clock that was set back causes no pause.
    let took = took.to_std().unwrap_or_default();
    tokio::time::sleep(throttle.pause(took)).await;
}

/// The kinds of which rows were deleted.
fn named(removed: [u64; KINDS]) -> Vec<(&'static str, u64)> {
    let names = TABLE.map(|kind| kind.name).into_iter();
    names.zip(removed).filter(|(_, rows)| *rows > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(rows_are_left: bool, months: Result<(), sqlx::Error>) -> Round {
        let mut removed = [0; KINDS];
        removed[0] = 3;
        Round {
            removed,
            rows_are_left,
            months,
        }
    }

    #[test]
    fn only_a_round_that_left_rows_is_followed_by_the_next_at_once() {
        let away = || sqlx::Error::PoolTimedOut;
        for (round, is_followed, is_success) in [
            (Ok(Some(round(true, Ok(())))), true, true),
            (Ok(Some(round(false, Ok(())))), false, true),
            (Ok(Some(round(true, Err(away())))), true, false),
            (Ok(None), false, true),
            (Err(away()), false, false),
        ] {
            let metrics = Metrics::new();
            metrics.cleans_up(TABLE.map(|kind| kind.name));
            let case = format!("{:?}", round.as_ref().map(Option::is_some));
            let now = DateTime::from_timestamp(1_000, 0).unwrap();
            assert_eq!(report(round, &metrics, now), is_followed, "{case}");
            let last = if is_success { "1000" } else { "0" };
            let last = format!("bmh_cleanup_last_success_timestamp_seconds {last}\n");
            let text = metrics.render().unwrap();
            assert!(text.contains(&last), "{case}: {text}");
        }
    }

    #[test]
    fn only_kinds_with_deleted_rows_are_named() {
        let mut removed = [0; KINDS];
        removed[4] = 7;
        assert_eq!(named(removed), [("access_tokens", 7)]);
    }
}
