//! Counts the rows that unauthenticated requests add. Many of them start the cleanup early, so that
//! their number stays bounded between two of its rounds.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use tokio::sync::Notify;

/// The rows of one round: some tens of MiB at their largest size.
const MANY: u32 = 5_000;

/// The count of this process.
#[derive(Debug, Default)]
pub struct Newcomers {
    since: AtomicU32,
    many: Arc<Notify>,
}

impl Newcomers {
    /// Counts a registration, a document or a new sign-in, once it is stored.
    pub fn add(&self) {
        let before = self.since.fetch_add(1, Ordering::Relaxed);
        if before + 1 >= MANY {
            self.since.store(0, Ordering::Relaxed);
            self.many.notify_one();
        }
    }

    /// Notified each time that many rows were added.
    pub fn many(&self) -> Arc<Notify> {
        Arc::clone(&self.many)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn a_round_is_due_after_every_so_many() {
        let newcomers = Newcomers::default();
        let many = newcomers.many();
        for _ in 0..2 {
            for _ in 1..MANY {
                newcomers.add();
            }
            assert!(many.notified().now_or_never().is_none());
            newcomers.add();
            assert!(many.notified().now_or_never().is_some());
        }
    }
}
