//! Limits the fetches under way, so that no sender, host or unknown client takes all places.
//!
//! 1. A fetch waits for a place of the sender's network, then for one of the host. The requests of
//!    one busy network therefore do not fill the queue of a host.
//! 2. For an unknown client, which no user has signed in with yet, it also waits for one of the
//!    places of strangers. The rest of all places is reserved for known clients.
//! 3. Each wait is a first-come, first-served queue; all waits together have one timeout.
//!
//! Known and unknown clients have separate places, so a waiting stranger does not block a known
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
pub struct Asker {
    /// The network that the request came from; `None`: it is not counted.
    pub network: Option<IpAddr>,
    /// Whether a user has signed in with the client before.
    pub is_known: bool,
}

#[derive(Debug)]
pub(super) struct Turns {
    all: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    hosts: Places<(String, bool)>,
    networks: Places<(IpAddr, bool)>,
}

/// The right to fetch, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    _places: [Option<OwnedSemaphorePermit>; 4],
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            all: Arc::new(Semaphore::new(OF_ALL)),
            strangers: Arc::new(Semaphore::new(OF_STRANGERS)),
            hosts: Places::new(PER_HOST),
            networks: Places::new(PER_NETWORK),
        }
    }
}

impl Turns {
    /// Waits for a turn; `None` after the timeout.
    pub async fn next(&self, host: &str, asker: Asker, timeout: Duration) -> Option<Turn> {
        let waiting = self.wait(host, asker);
        tokio::time::timeout(timeout, waiting).await.ok().flatten()
    }

    async fn wait(&self, host: &str, Asker { network, is_known }: Asker) -> Option<Turn> {
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
        Some(Turn {
            _places: [of_network, Some(of_host), of_strangers, Some(of_all)],
        })
    }
}

/// A number of places for each key.
#[derive(Debug)]
struct Places<K> {
    each: usize,
    taken: Mutex<HashMap<K, Weak<Semaphore>>>,
}

impl<K: Eq + Hash> Places<K> {
    fn new(each: usize) -> Self {
        Self {
            each,
            taken: Mutex::default(),
        }
    }

    async fn take(&self, key: K) -> Option<OwnedSemaphorePermit> {
        let places = self.of(key);
        places.acquire_owned().await.ok()
    }

    /// The places of a key. They exist as long as a fetch waits for one or holds one.
    fn of(&self, key: K) -> Arc<Semaphore> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = taken.get(&key).and_then(Weak::upgrade) {
            return places;
        }
        taken.retain(|_, places| places.strong_count() > 0);
        let places = Arc::new(Semaphore::new(self.each));
        taken.insert(key, Arc::downgrade(&places));
        places
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn stranger(last: u8) -> Asker {
        Asker {
            network: Some([192, 0, 2, last].into()),
            is_known: false,
        }
    }

    fn known(last: u8) -> Asker {
        Asker {
            is_known: true,
            ..stranger(last)
        }
    }

    /// A turn that is free at once. Unconstrained, because tokio makes a task that takes many
    /// yield.
    fn at_once(turns: &Turns, host: &str, asker: Asker) -> Option<Turn> {
        let waiting = tokio::task::unconstrained(turns.wait(host, asker));
        waiting.now_or_never().flatten()
    }

    #[tokio::test]
    async fn a_host_and_a_network_have_two_turns_each() {
        let turns = Turns::default();
        let one = at_once(&turns, "a.example", stranger(1)).expect("a turn");
        let two = at_once(&turns, "a.example", stranger(2)).expect("a turn");
        assert!(at_once(&turns, "a.example", stranger(3)).is_none());
        let three = at_once(&turns, "b.example", stranger(1)).expect("a turn");
        assert!(at_once(&turns, "c.example", stranger(1)).is_none());
        drop(one);
        assert!(at_once(&turns, "a.example", stranger(3)).is_some());
        assert!(at_once(&turns, "c.example", stranger(1)).is_some());
        drop((two, three));
    }

    #[tokio::test]
    async fn strangers_leave_turns_for_known_clients() {
        let turns = Turns::default();
        let taken: Vec<_> = (0..OF_STRANGERS as u8)
            .map(|last| {
                let host = format!("{last}.example");
                at_once(&turns, &host, stranger(last)).expect("a turn")
            })
            .collect();
        assert!(at_once(&turns, "new.example", stranger(200)).is_none());
        // Strangers also wait for the same hosts and networks.
        let known: Vec<_> = (0..OF_ALL as u8 - OF_STRANGERS as u8)
            .map(|last| at_once(&turns, &format!("{last}.example"), known(last)).expect("a turn"))
            .collect();
        assert!(at_once(&turns, "new.example", self::known(100)).is_none());
        drop((taken, known));
        assert!(at_once(&turns, "new.example", stranger(200)).is_some());
    }

    #[tokio::test]
    async fn turns_are_given_in_the_order_of_arrival() {
        let turns = Turns::default();
        let first = at_once(&turns, "a.example", known(1)).expect("a turn");
        let second = at_once(&turns, "a.example", known(2)).expect("a turn");
        let mut third = Box::pin(turns.wait("a.example", known(3)));
        let mut fourth = Box::pin(turns.wait("a.example", known(4)));
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
        let turns = Turns::default();
        let places = [1, 2].map(|last| at_once(&turns, "a.example", known(last)));
        let waited = turns.next("a.example", known(3), Duration::from_millis(1));
        assert!(waited.await.is_none());
        drop(places);
        assert!(at_once(&turns, "b.example", known(1)).is_some());
        assert!(turns.hosts.taken.lock().unwrap().len() <= 1);
    }
}
