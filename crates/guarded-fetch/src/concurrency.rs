//! Limits the fetches under way, so that no sender, host or unknown client takes all slots.
//!
//! 1. A fetch waits for a slot of the sender's network, then for one of the host. The requests of
//!    one busy network therefore do not fill the queue of a host.
//! 2. For an unknown client, which no user has signed in with yet, it also waits for one of the
//!    slots of strangers. The rest of all slots is reserved for known clients.
//! 3. Each wait is a first-come, first-served queue; all waits together have one timeout.
//!
//! Known and unknown clients have separate slots, so a waiting stranger does not block a known
//! client of the same host or network.

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The limits of fetches under way: all, those for unknown clients, and per host and network.
const OF_ALL: usize = 64;
const OF_STRANGERS: usize = 48;
const PER_HOST: usize = 2;
const PER_NETWORK: usize = 2;

/// The client for which a document is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requester {
    /// The network that the request came from; `None`: it is not counted.
    pub network: Option<IpAddr>,
    /// Whether a user has signed in with the client before.
    pub is_known: bool,
}

#[derive(Debug)]
pub(super) struct FetchSlots {
    all: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    hosts: KeyedSlots<(String, bool)>,
    networks: KeyedSlots<(IpAddr, bool)>,
}

/// The right to fetch, until it is dropped.
#[derive(Debug)]
pub(super) struct FetchSlot {
    _permits: [Option<OwnedSemaphorePermit>; 4],
}

impl Default for FetchSlots {
    fn default() -> Self {
        Self {
            all: Arc::new(Semaphore::new(OF_ALL)),
            strangers: Arc::new(Semaphore::new(OF_STRANGERS)),
            hosts: KeyedSlots::new(PER_HOST),
            networks: KeyedSlots::new(PER_NETWORK),
        }
    }
}

impl FetchSlots {
    /// Waits for a slot; `None` after the timeout.
    pub(crate) async fn acquire(
        &self,
        host: &str,
        requester: Requester,
        timeout: Duration,
    ) -> Option<FetchSlot> {
        let waiting = self.wait(host, requester);
        tokio::time::timeout(timeout, waiting).await.ok().flatten()
    }

    async fn wait(
        &self,
        host: &str,
        Requester { network, is_known }: Requester,
    ) -> Option<FetchSlot> {
        let of_network = match network {
            Some(network) => Some(self.networks.take((network, is_known)).await?),
            None => None,
        };
        let of_host = self.hosts.take((host.to_owned(), is_known)).await?;
        let of_strangers = match is_known {
            true => None,
            false => Some(Arc::clone(&self.strangers).acquire_owned().await.ok()?),
        };
        let of_all = Arc::clone(&self.all).acquire_owned().await.ok()?;
        Some(FetchSlot {
            _permits: [of_network, Some(of_host), of_strangers, Some(of_all)],
        })
    }
}

/// A number of slots for each key.
#[derive(Debug)]
struct KeyedSlots<K> {
    each: usize,
    taken: Mutex<HashMap<K, Weak<Semaphore>>>,
}

impl<K: Eq + Hash> KeyedSlots<K> {
    fn new(each: usize) -> Self {
        Self {
            each,
            taken: Mutex::default(),
        }
    }

    async fn take(&self, key: K) -> Option<OwnedSemaphorePermit> {
        self.of(key).acquire_owned().await.ok()
    }

    /// The slots of a key. They exist as long as a fetch waits for one or holds one.
    fn of(&self, key: K) -> Arc<Semaphore> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slots) = taken.get(&key).and_then(Weak::upgrade) {
            return slots;
        }
        taken.retain(|_, slots| slots.strong_count() > 0);
        let slots = Arc::new(Semaphore::new(self.each));
        taken.insert(key, Arc::downgrade(&slots));
        slots
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn stranger(last: u8) -> Requester {
        Requester {
            network: Some([192, 0, 2, last].into()),
            is_known: false,
        }
    }

    fn known(last: u8) -> Requester {
        Requester {
            is_known: true,
            ..stranger(last)
        }
    }

    /// A slot that is free at once. Unconstrained, because tokio makes a task that takes many
    /// yield.
    fn at_once(slots: &FetchSlots, host: &str, requester: Requester) -> Option<FetchSlot> {
        let waiting = tokio::task::unconstrained(slots.wait(host, requester));
        waiting.now_or_never().flatten()
    }

    #[tokio::test]
    async fn a_host_and_a_network_have_two_slots_each() {
        let slots = FetchSlots::default();
        let one = at_once(&slots, "a.example", stranger(1)).expect("a slot");
        let two = at_once(&slots, "a.example", stranger(2)).expect("a slot");
        assert!(at_once(&slots, "a.example", stranger(3)).is_none());
        let three = at_once(&slots, "b.example", stranger(1)).expect("a slot");
        assert!(at_once(&slots, "c.example", stranger(1)).is_none());
        drop(one);
        assert!(at_once(&slots, "a.example", stranger(3)).is_some());
        assert!(at_once(&slots, "c.example", stranger(1)).is_some());
        drop((two, three));
    }

    #[tokio::test]
    async fn strangers_leave_slots_for_known_clients() {
        let slots = FetchSlots::default();
        let of_strangers = u8::try_from(OF_STRANGERS).expect("an octet");
        let of_known = u8::try_from(OF_ALL - OF_STRANGERS).expect("an octet");
        let taken: Vec<_> = (0..of_strangers)
            .map(|last| {
                let host = format!("{last}.example");
                at_once(&slots, &host, stranger(last)).expect("a slot")
            })
            .collect();
        assert!(at_once(&slots, "new.example", stranger(200)).is_none());
        // Strangers also wait for the same hosts and networks.
        let known: Vec<_> = (0..of_known)
            .map(|last| at_once(&slots, &format!("{last}.example"), known(last)).expect("a slot"))
            .collect();
        assert!(at_once(&slots, "new.example", crate::concurrency::tests::known(100)).is_none());
        drop((taken, known));
        assert!(at_once(&slots, "new.example", stranger(200)).is_some());
    }

    #[tokio::test]
    async fn slots_are_given_in_the_order_of_arrival() {
        let slots = FetchSlots::default();
        let first = at_once(&slots, "a.example", known(1)).expect("a slot");
        let second = at_once(&slots, "a.example", known(2)).expect("a slot");
        let mut third = Box::pin(slots.wait("a.example", known(3)));
        let mut fourth = Box::pin(slots.wait("a.example", known(4)));
        assert!((&mut third).now_or_never().is_none());
        assert!((&mut fourth).now_or_never().is_none());
        drop(first);
        assert!((&mut fourth).now_or_never().is_none());
        assert!((&mut third).now_or_never().is_some());
        drop(second);
        assert!((&mut fourth).now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_wait_ends_and_nothing_is_kept_of_it() {
        let slots = FetchSlots::default();
        let taken = [1, 2].map(|last| at_once(&slots, "a.example", known(last)));
        let waited = slots.acquire("a.example", known(3), Duration::from_millis(1));
        assert!(waited.await.is_none());
        drop(taken);
        assert!(at_once(&slots, "b.example", known(1)).is_some());
        assert!(slots.hosts.taken.lock().unwrap().len() <= 1);
    }
}
