//! Shares of a budget: each holder may use only its share at a time, so that no holder uses it all.
//!
//! A share is a semaphore. It is kept while permits of it are held or waited for.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::Semaphore;

/// Unused shares are dropped at this number of shares, and at each doubling of the rest.
const SWEEP_AT: usize = 64;

/// The shares of all holders, all of the same size.
pub struct Shares<K> {
    permits: usize,
    held: Mutex<Held<K>>,
}

struct Held<K> {
    shares: HashMap<K, Weak<Semaphore>>,
    sweep_at: usize,
}

impl<K: Eq + Hash> Shares<K> {
    pub fn new(permits: usize) -> Self {
        Self {
            permits,
            held: Mutex::new(Held {
                shares: HashMap::new(),
                sweep_at: SWEEP_AT,
            }),
        }
    }

    /// Returns the share of a holder; a new one has all its permits.
    pub fn of(&self, holder: K) -> Arc<Semaphore> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = held.shares.get(&holder).and_then(Weak::upgrade) {
            return share;
        }
        if held.shares.len() >= held.sweep_at {
            held.shares.retain(|_, share| share.strong_count() > 0);
            held.sweep_at = SWEEP_AT.max(2 * held.shares.len());
        }
        let share = Arc::new(Semaphore::new(self.permits));
        held.shares.insert(holder, Arc::downgrade(&share));
        share
    }

    /// The number of permits of each share.
    pub fn permits(&self) -> usize {
        self.permits
    }
}

impl<K> fmt::Debug for Shares<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shares({} each)", self.permits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_has_one_share_while_permits_are_held() {
        let shares = Shares::new(2);
        let taken = shares.of("one").try_acquire_many_owned(2).expect("whole");
        assert!(shares.of("one").try_acquire_owned().is_err());
        assert!(shares.of("other").try_acquire_owned().is_ok());
        drop(taken);
        assert_eq!(shares.of("one").available_permits(), 2);
    }

    #[test]
    fn only_unused_shares_are_dropped() {
        let shares = Shares::new(1);
        let kept = shares.of(0).try_acquire_owned().expect("whole");
        for holder in 1..10_000 {
            drop(shares.of(holder));
        }
        assert!(shares.held.lock().unwrap().shares.len() <= SWEEP_AT);
        assert!(shares.of(0).try_acquire_owned().is_err());
        drop(kept);
    }
}
