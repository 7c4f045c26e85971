//! Limits how many requests or connections a sender may have in progress at a time.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Counts by sender; clones share the counts.
pub struct Concurrency<K>(Arc<Inner<K>>);

struct Inner<K> {
    limit: usize,
    counts: Mutex<HashMap<K, usize>>,
}

impl<K: Copy + Eq + Hash> Concurrency<K> {
    pub fn new(limit: usize) -> Self {
        Self(Arc::new(Inner {
            limit,
            counts: Mutex::default(),
        }))
    }

    /// Counts one more until the place is dropped; `None` if the sender has reached the limit.
    pub fn enter(&self, sender: K) -> Option<Place<K>> {
        let mut counts = self.counts();
        let count = counts.entry(sender).or_default();
        if *count >= self.0.limit {
            return None;
        }
        *count += 1;
        drop(counts);
        Some(Place {
            sender,
            of: self.clone(),
        })
    }

    /// The number of places that a sender holds.
    pub fn held(&self, sender: K) -> usize {
        self.counts().get(&sender).copied().unwrap_or(0)
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.0.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K> Clone for Concurrency<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K> fmt::Debug for Concurrency<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Concurrency(at most {})", self.0.limit)
    }
}

/// One request or connection in progress.
pub struct Place<K: Copy + Eq + Hash> {
    sender: K,
    of: Concurrency<K>,
}

impl<K: Copy + Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut counts = self.of.counts();
        if let Some(count) = counts.get_mut(&self.sender) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.sender);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sender_has_its_own_places_and_nothing_is_kept_of_who_has_none() {
        let calls = Concurrency::new(2);
        let first = calls.enter(1).expect("a place");
        let second = calls.enter(1).expect("a place");
        assert!(calls.enter(1).is_none());
        assert!(calls.enter(2).is_some());
        assert_eq!((calls.held(1), calls.held(2)), (2, 0));
        drop(first);
        assert!(calls.enter(1).is_some());
        drop(second);
        assert!(calls.counts().is_empty());
    }
}
