//! Counts the rows that strangers add, so that the cleanup comes early where they are many: between
//! two of its rounds, too, their number is bounded.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use tokio::sync::Notify;

/// A round's rows. Some tens of MiB, if all are as large as they may be.
const MANY: u32 = 5_000;

/// The count of this process.
#[derive(Debug, Default)]
pub struct Newcomers {
    since: AtomicU32,
    many: Arc<Notify>,
}

impl Newcomers {
    /// Counts a registration, a document or a sign-in that begins, once it is stored.
    pub fn add(&self) {
        let before = self.since.fetch_add(1, Ordering::Relaxed);
        if before + 1 >= MANY {
            self.since.store(0, Ordering::Relaxed);
            self.many.notify_one();
        }
    }

    /// Told each time that there are many more.
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
