//! The audit queue: a bounded queue of events, and the last use of each grant.
//!
//! 1. A request adds to it, in memory, and continues.
//! 2. `jobs::journal` takes a batch, writes it, and returns it to the queue on failure.
//! 3. When the queue is full, the oldest events are dropped and counted.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use ipnet::IpNet;
use tokio::sync::Notify;

use crate::domain::{
    ClientKey, GrantId,
    audit_event::{Actor, AuditEvent, AuditEventKind},
};

#[derive(Clone, Copy, Debug)]
pub struct JournalOptions {
    /// Whether tool calls are audited.
    pub tool_calls: bool,
    /// The maximum number of queued events; about 100 bytes each.
    pub capacity: usize,
    /// This many queued events are written without waiting for the next round.
    pub batch: usize,
}

impl Default for JournalOptions {
    fn default() -> Self {
        Self {
            tool_calls: true,
            capacity: 50_000,
            batch: 1_000,
        }
    }
}

/// The maximum number of queued last uses; those of further grants are recorded later.
const MOST_USES: usize = 100_000;

/// The queue. Cheap to clone; clones share it.
#[derive(Clone, Debug)]
pub struct Journal(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: JournalOptions,
    waiting: Mutex<Waiting>,
    full_batch: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<AuditEvent>,
    /// Events of batches that are neither written nor returned.
    taken: usize,
    uses: HashMap<GrantId, LastUse>,
    dropped: u64,
}

/// When a grant and its client were last used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastUse {
    pub client: ClientKey,
    pub at: Instant,
    /// The network it came from, if it is kept.
    pub network: Option<IpNet>,
}

/// The numbers of queued events, of events being written, and of events dropped since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    pub waiting: usize,
    pub taken: usize,
    pub dropped: u64,
}

impl Journal {
    pub fn new(options: JournalOptions) -> Self {
        Self(Arc::new(Inner {
            options,
            waiting: Mutex::default(),
            full_batch: Notify::new(),
        }))
    }

    /// Records the use of a grant by a request, and the network it came from, if it is kept.
    pub fn used(&self, grant: GrantId, client: ClientKey, network: Option<IpNet>) {
        let at = Instant::now();
        let mut waiting = self.waiting();
        let has_capacity = waiting.uses.len() < MOST_USES;
        if let Some(last) = waiting.uses.get_mut(&grant) {
            last.at = at;
            last.network = network;
        } else if has_capacity {
            let last = LastUse {
                client,
                at,
                network,
            };
            waiting.uses.insert(grant, last);
        }
    }

    /// Records the exchange of a refresh token for a new pair.
    pub fn token_refreshed(&self, actor: Actor, network: Option<IpNet>) {
        self.used(actor.grant, actor.client, network);
        self.add(AuditEvent {
            actor,
            at: Instant::now(),
            kind: AuditEventKind::TokenRefreshed,
        });
    }

    pub(super) fn tool_called(&self, call: AuditEvent) {
        if self.0.options.tool_calls {
            self.add(call);
        }
    }

    fn add(&self, event: AuditEvent) {
        let Inner { options, .. } = &*self.0;
        let mut waiting = self.waiting();
        if waiting.events.len() >= options.capacity {
            waiting.events.pop_front();
            waiting.dropped += 1;
        }
        waiting.events.push_back(event);
        if waiting.events.len() == options.batch {
            self.0.full_batch.notify_one();
        }
    }

    /// The number of events in a full batch.
    pub fn batch(&self) -> usize {
        self.0.options.batch
    }

    /// Ready when a full batch is queued.
    pub async fn full_batch(&self) {
        self.0.full_batch.notified().await;
    }

    /// Takes up to a batch of the oldest events, to be reported as [`Self::written`] or put back.
    pub fn take_batch(&self) -> Vec<AuditEvent> {
        let mut waiting = self.waiting();
        let size = waiting.events.len().min(self.0.options.batch);
        waiting.taken += size;
        waiting.events.drain(..size).collect()
    }

    /// Reports a batch as written.
    pub fn written(&self, batch: &[AuditEvent]) {
        self.waiting().taken -= batch.len();
    }

    /// Returns a batch that could not be written; events beyond the capacity are dropped.
    pub fn put_back(&self, batch: Vec<AuditEvent>) {
        let mut waiting = self.waiting();
        waiting.taken -= batch.len();
        let free = self.0.options.capacity.saturating_sub(waiting.events.len());
        let excess = batch.len().saturating_sub(free);
        waiting.dropped += excess as u64;
        for event in batch.into_iter().skip(excess).rev() {
            waiting.events.push_front(event);
        }
    }

    /// Takes the last uses since the previous call.
    pub fn take_uses(&self) -> HashMap<GrantId, LastUse> {
        std::mem::take(&mut self.waiting().uses)
    }

    /// Returns uses that could not be written; newer ones win.
    pub fn put_uses_back(&self, uses: HashMap<GrantId, LastUse>) {
        let mut waiting = self.waiting();
        for (grant, last) in uses {
            waiting.uses.entry(grant).or_insert(last);
        }
    }

    pub fn load(&self) -> Load {
        let waiting = self.waiting();
        Load {
            waiting: waiting.events.len(),
            taken: waiting.taken,
            dropped: waiting.dropped,
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{SpaceId, audit_event::ToolOutcome};

    fn call(millis: u64) -> AuditEvent {
        AuditEvent {
            actor: Actor {
                grant: GrantId(uuid::Uuid::nil()),
                client: ClientKey(uuid::Uuid::nil()),
                space: SpaceId(uuid::Uuid::nil()),
            },
            at: Instant::now(),
            kind: AuditEventKind::ToolCalled {
                tool: "a_tool",
                outcome: ToolOutcome::Ok,
                took: Duration::from_millis(millis),
            },
        }
    }

    fn took(events: &[AuditEvent]) -> Vec<u128> {
        let millis = |event: &AuditEvent| match event.kind {
            AuditEventKind::ToolCalled { took, .. } => took.as_millis(),
            AuditEventKind::TokenRefreshed => unreachable!("only calls were added"),
        };
        events.iter().map(millis).collect()
    }

    fn journal(tool_calls: bool) -> Journal {
        Journal::new(JournalOptions {
            tool_calls,
            capacity: 4,
            batch: 2,
        })
    }

    #[test]
    fn a_full_queue_loses_the_oldest_and_counts_them() {
        let journal = journal(true);
        for number in 1..=6 {
            journal.tool_called(call(number));
        }
        assert_eq!(
            journal.load(),
            Load {
                waiting: 4,
                taken: 0,
                dropped: 2
            }
        );
        assert_eq!(took(&journal.take_batch()), [3, 4]);
        assert_eq!(took(&journal.take_batch()), [5, 6]);
        assert!(journal.take_batch().is_empty());
    }

    #[test]
    fn an_unwritten_batch_returns_in_order_up_to_the_capacity() {
        let journal = journal(true);
        for number in 1..=4 {
            journal.tool_called(call(number));
        }
        let batch = journal.take_batch();
        journal.tool_called(call(5));
        journal.put_back(batch);
        assert_eq!(journal.load().dropped, 1);
        assert_eq!(took(&journal.take_batch()), [2, 3]);
        assert_eq!(took(&journal.take_batch()), [4, 5]);
    }

    #[test]
    fn a_batch_is_accounted_for_until_it_is_written_or_put_back() {
        let journal = journal(true);
        for number in 1..=4 {
            journal.tool_called(call(number));
        }
        let load = |waiting, taken| Load {
            waiting,
            taken,
            dropped: 0,
        };
        let first = journal.take_batch();
        assert_eq!(journal.load(), load(2, 2));
        journal.put_back(first);
        assert_eq!(journal.load(), load(4, 0));
        let first = journal.take_batch();
        journal.written(&first);
        assert_eq!(journal.load(), load(2, 0));
    }

    #[test]
    fn last_uses_are_one_per_grant_and_are_kept_without_an_audit() {
        let journal = journal(false);
        let grant = GrantId(uuid::Uuid::nil());
        let client = ClientKey(uuid::Uuid::nil());
        journal.used(grant, client, None);
        let first = journal.take_uses();
        journal.used(grant, client, None);
        journal.used(grant, client, None);
        journal.put_uses_back(first.clone());
        let last = journal.take_uses();
        assert_eq!(last.len(), 1);
        assert!(last[&grant].at > first[&grant].at, "the newer one stays");
        journal.tool_called(call(1));
        assert_eq!(journal.load().waiting, 0);
    }
}
