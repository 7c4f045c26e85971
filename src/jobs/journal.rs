//! Writes the journal down: the audit of tool calls every few seconds, last uses and security
//! events every minute.
//!
//! 1. Wait for the next round, or for a whole batch.
//! 2. Write batch after batch, in a round until none is left. Between rounds only whole ones:
//!    while calls come fast, there is always a rest, and each write would be for a few rows.
//! 3. One that cannot be written goes back, and the waits get longer, up to a minute. The
//!    queue is bounded: what it loses is told, once per round, and counted.
//! 4. Told to stop, it writes what is left, as long as it is let.

use std::time::Duration;

use sqlx::PgPool;
use tokio::{task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    db::{audit_events, last_uses},
    domain::security::Tally,
    observe::{Journal, Load, SecurityEvents},
};

/// How often things are written.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    pub events: Duration,
    pub uses: Duration,
}

impl Default for Rhythm {
    fn default() -> Self {
        Self {
            events: Duration::from_secs(5),
            uses: Duration::from_secs(60),
        }
    }
}

const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Between attempts to write what is left.
const LAST_WAIT: Duration = Duration::from_millis(20);

/// The running job.
#[derive(Debug)]
pub struct Writer {
    stop: CancellationToken,
    task: JoinHandle<()>,
    journal: Journal,
}

impl Writer {
    pub fn start(pool: PgPool, journal: Journal, security: SecurityEvents, rhythm: Rhythm) -> Self {
        let stop = CancellationToken::new();
        let task = tokio::spawn(run(pool, journal.clone(), security, rhythm, stop.clone()));
        Self {
            stop,
            task,
            journal,
        }
    }

    /// Writes what is left, at most for `patience`.
    pub async fn finish(mut self, patience: Duration) {
        self.stop.cancel();
        if tokio::time::timeout(patience, &mut self.task)
            .await
            .is_err()
        {
            self.task.abort();
            // Whether the batch under way was committed, nobody knows.
            let Load { waiting, taken, .. } = self.journal.load();
            let lost = waiting + taken;
            tracing::error!(lost, "stopped with audit events that were not written");
        }
    }
}

async fn run(
    pool: PgPool,
    journal: Journal,
    security: SecurityEvents,
    rhythm: Rhythm,
    stop: CancellationToken,
) {
    let mut wait = rhythm.events;
    let mut uses_at = Instant::now() + rhythm.uses;
    let mut told = 0;
    loop {
        let failing = wait > rhythm.events;
        let least = tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(wait) => 1,
            // While the database fails, a full queue is no reason to hurry.
            () = journal.full_batch(), if !failing => journal.batch(),
        };
        let mut written = write_events(&pool, &journal, least).await;
        if Instant::now() >= uses_at {
            written = written
                .and(write_uses(&pool, &journal).await)
                .and(write_security_events(&pool, &security).await);
            uses_at = Instant::now() + rhythm.uses;
        }
        wait = match written {
            Ok(()) => rhythm.events,
            Err(error) => {
                tracing::warn!(%error, waiting = journal.load().waiting, "the audit waits");
                (wait * 2).min(LONGEST_WAIT.max(rhythm.events))
            }
        };
        let dropped = journal.load().dropped;
        if dropped > told {
            tracing::error!(
                dropped = dropped - told,
                "the audit queue was full; its oldest events are lost"
            );
            told = dropped;
        }
    }
    let pool = anew(&pool);
    loop {
        let written = write_events(&pool, &journal, 1)
            .await
            .and(write_uses(&pool, &journal).await)
            .and(write_security_events(&pool, &security).await);
        match written {
            Ok(()) => return,
            Err(error) => tracing::debug!(%error, "the last audit events are not written yet"),
        }
        tokio::time::sleep(LAST_WAIT).await;
    }
}

/// A pool like this one, with connections of this thread. Those that the server's threads opened
/// ended with them: one may still take a commit without hearing of it, and the events would be
/// written twice.
fn anew(pool: &PgPool) -> PgPool {
    let options = pool.options().clone().min_connections(0).max_connections(1);
    options.connect_lazy_with((*pool.connect_options()).clone())
}

/// Writes, as long as at least so many events wait.
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
    let ages: Vec<_> = uses
        .iter()
        .map(|(grant, last)| (*grant, last.client, now.duration_since(last.at)))
        .collect();
    let written = async {
        last_uses::of_grants(pool, &ages).await?;
        last_uses::of_clients(pool, &ages).await
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
