//! Requests that are under way, so that the parts of a call that run in parallel, and calls at the
//! same time, do not each make the same one.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

/// The requests under way, by the key of what they load. It is cheap to clone; clones share them.
#[derive(Debug)]
pub(crate) struct Flights<K>(Arc<Mutex<HashMap<K, watch::Receiver<()>>>>);

/// A request under way; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Flight<K: Eq + Hash> {
    key: K,
    flights: Flights<K>,
    /// Its end wakes those who wait.
    _under_way: watch::Sender<()>,
}

impl<K> Default for Flights<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K> Clone for Flights<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Clone + Eq + Hash> Flights<K> {
    /// Begins a request. If the same one is under way, waits for its end and returns `None`. In
    /// both cases the cache may have the result now.
    pub(crate) async fn begin(&self, key: &K) -> Option<Flight<K>> {
        let mut under_way = {
            let mut flights = self.lock();
            match flights.get(key) {
                Some(under_way) => under_way.clone(),
                None => {
                    let (sender, receiver) = watch::channel(());
                    flights.insert(key.clone(), receiver);
                    return Some(Flight {
                        key: key.clone(),
                        flights: self.clone(),
                        _under_way: sender,
                    });
                }
            }
        };
        // Nothing is ever sent: the error is the end.
        let _ = under_way.changed().await;
        None
    }
}

impl<K> Flights<K> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, watch::Receiver<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> Drop for Flight<K> {
    fn drop(&mut self) {
        self.flights.lock().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn the_second_waits_for_the_end_of_the_first() {
        let flights = Flights::default();
        let first = flights.begin(&1).await;
        assert!(first.is_some());
        assert!(flights.begin(&2).await.is_some(), "another key");
        let mut second = Box::pin(flights.begin(&1));
        assert!(second.as_mut().now_or_never().is_none(), "it waits");
        drop(first);
        assert!(second.await.is_none());
        assert!(flights.begin(&1).await.is_some(), "it has ended");
        assert!(flights.lock().is_empty());
    }
}
