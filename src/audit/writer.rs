//! Writes the audit queue to the database: tool calls every few seconds, last uses and security
//! events every minute.
//!
//! 1. Wait for the next round, or for a full batch.
//! 2. In a round, write batches until the queue is empty. Between rounds, write only full ones:
//!    under load the queue is never empty, and each partial batch would be a few rows.
//! 3. Return a batch to the queue if the write fails, and double the wait, up to a minute. The
//!    queue is bounded; lost events are logged once per round, and counted.
//! 4. On shutdown, flush the remaining events within the given timeout.

use std::time::Duration;

use sqlx::PgPool;
use tokio::{task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{Journal, Load, SecurityEvents};
use crate::{
    db::{audit_events, last_uses},
    domain::security::Tally,
};

/// How often the queue is flushed.
#[derive(Clone, Copy, Debug)]
pub struct FlushIntervals {
    pub events: Duration,
    pub uses: Duration,
}

impl Default for FlushIntervals {
    fn default() -> Self {
        Self {
            events: Duration::from_secs(5),
            uses: Duration::from_mins(1),
        }
    }
}

const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// The wait between attempts to write the last events.
const LAST_WAIT: Duration = Duration::from_millis(20);

/// The running job.
#[derive(Debug)]
pub struct Writer {
    stop: CancellationToken,
    task: JoinHandle<()>,
    journal: Journal,
}

impl Writer {
    pub fn start(
        pool: PgPool,
        journal: Journal,
        security: SecurityEvents,
        intervals: FlushIntervals,
    ) -> Self {
        let stop = CancellationToken::new();
        let task = tokio::spawn(run(
            pool,
            journal.clone(),
            security,
            intervals,
            stop.clone(),
        ));
        Self {
            stop,
            task,
            journal,
        }
    }

    /// Writes the remaining events, for at most `timeout`.
    pub async fn finish(mut self, timeout: Duration) {
        self.stop.cancel();
        if tokio::time::timeout(timeout, &mut self.task).await.is_err() {
            self.task.abort();
            // It is unknown whether the current batch was committed.
            let Load { waiting, taken, .. } = self.journal.load();
            let lost = waiting + taken;
            tracing::error!(lost, "stopped before all audit events were written");
        }
    }
}

async fn run(
    pool: PgPool,
    journal: Journal,
    security: SecurityEvents,
    intervals: FlushIntervals,
    stop: CancellationToken,
) {
    let mut wait = intervals.events;
    let mut uses_at = Instant::now() + intervals.uses;
    let mut reported = 0;
    loop {
        let failing = wait > intervals.events;
        let least = tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(wait) => 1,
            // While the database fails, a full batch does not shorten the wait.
            () = journal.full_batch(), if !failing => journal.batch(),
        };
        let mut written = write_events(&pool, &journal, least).await;
        if Instant::now() >= uses_at {
            written = written
                .and(write_uses(&pool, &journal).await)
                .and(write_security_events(&pool, &security).await);
            uses_at = Instant::now() + intervals.uses;
        }
        wait = match written {
            Ok(()) => intervals.events,
            Err(error) => {
                let waiting = journal.load().waiting;
                tracing::warn!(%error, waiting, "could not write audit events; will retry");
                (wait * 2).min(LONGEST_WAIT.max(intervals.events))
            }
        };
        let dropped = journal.load().dropped;
        if dropped > reported {
            tracing::error!(
                dropped = dropped - reported,
                "the audit queue was full; its oldest events are lost"
            );
            reported = dropped;
        }
    }
    let pool = own_pool(&pool);
    loop {
        let written = write_events(&pool, &journal, 1)
            .await
            .and(write_uses(&pool, &journal).await)
            .and(write_security_events(&pool, &security).await);
        match written {
            Ok(()) => return,
            Err(error) => tracing::debug!(%error, "could not write audit events yet; will retry"),
        }
        tokio::time::sleep(LAST_WAIT).await;
    }
}

/// A pool with the same options, for connections of this thread. The connections that the server's
/// threads opened ended with those threads: one might commit a batch without returning a response,
/// and the batch would be written twice.
fn own_pool(pool: &PgPool) -> PgPool {
    let options = pool.options().clone().min_connections(0).max_connections(1);
    options.connect_lazy_with((*pool.connect_options()).clone())
}

/// Writes batches while at least `least` events are queued.
async fn write_events(pool: &PgPool, journal: &Journal, least: usize) -> Result<(), sqlx::Error> {
    while journal.load().waiting >= least {
        let batch = journal.take_batch();
        let written = async {
            let mut transaction = pool.begin().await?;
            let began = std::time::Instant::now();
            audit_events::lock_to_write(&mut *transaction).await?;
            audit_events::insert(&mut *transaction, began, &batch).await?;
            transaction.commit().await
        };
        if let Err(error) = written.await {
            journal.put_back(batch);
            return Err(error);
        }
        journal.written(&batch);
    }
    Ok(())
}

async fn write_uses(pool: &PgPool, journal: &Journal) -> Result<(), sqlx::Error> {
    let uses = journal.take_uses();
    if uses.is_empty() {
        return Ok(());
    }
    let now = std::time::Instant::now();
    let last: Vec<_> = uses
        .iter()
        .map(|(grant, last)| last_uses::Use {
            grant: *grant,
            client: last.client,
            age: now.duration_since(last.at),
            network: last.network,
        })
        .collect();
    let written = async {
        last_uses::of_grants(pool, &last).await?;
        last_uses::of_clients(pool, &last).await
    };
    written.await.inspect_err(|_| journal.put_uses_back(uses))
}

async fn write_security_events(
    pool: &PgPool,
    security: &SecurityEvents,
) -> Result<(), sqlx::Error> {
    let tallies = security.take();
    if tallies.is_empty() {
        return Ok(());
    }
    for tally in &tallies {
        let Tally {
            event,
            network,
            occurrences,
        } = tally;
        tracing::debug!(
            kind = event.as_str(),
            ?network,
            occurrences,
            "requests were refused"
        );
    }
    let written = audit_events::insert_security_events(pool, &tallies).await;
    written.inspect_err(|_| security.put_back(tallies))
}
