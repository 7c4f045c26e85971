//! Runs CPU-bound work on files outside of the async workers, with a limit on the memory of all
//! such work and a timeout for each task.
//!
//! 1. A task waits for memory, up to a timeout.
//! 2. It runs on a blocking thread. The caller waits for it, up to a timeout.
//! 3. When the caller no longer waits, the task is canceled. It releases its memory only when it
//!    has ended.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Semaphore, time::timeout};
use tokio_util::sync::CancellationToken;

/// The budget of all work at a time, in bytes.
pub const MEMORY: usize = 256 << 20;

/// Limits of a [`Pool`].
#[derive(Clone, Copy, Debug)]
pub(super) struct PoolLimits {
    /// The memory of all tasks at the same time.
    pub bytes: usize,
    /// How long a task waits for memory.
    pub wait: Duration,
    /// How long a task may run.
    pub work: Duration,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            bytes: MEMORY,
            wait: Duration::from_secs(5),
            work: Duration::from_secs(10),
        }
    }
}

/// Why work was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Undone {
    /// It needs more memory than the whole pool has.
    TooLarge,
    /// No memory became available in time.
    Busy,
    TooSlow,
    /// It panicked.
    Failed,
}

/// The memory budget of the work. It is cheap to clone; clones share the budget.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    /// One permit is one KiB.
    memory: Arc<Semaphore>,
    limits: PoolLimits,
}

impl Default for Pool {
    fn default() -> Self {
        Self::new(PoolLimits::default())
    }
}

impl Pool {
    pub(super) fn new(limits: PoolLimits) -> Self {
        Self {
            memory: Arc::new(Semaphore::new(limits.bytes / 1024)),
            limits,
        }
    }

    /// Runs work that needs about this many bytes of memory.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce(&CancellationToken) -> T + Send + 'static,
    ) -> Result<T, Undone> {
        if bytes > self.limits.bytes {
            return Err(Undone::TooLarge);
        }
        let permits = u32::try_from(bytes.div_ceil(1024)).map_err(|_| Undone::TooLarge)?;
        let memory = Arc::clone(&self.memory).acquire_many_owned(permits);
        let memory = timeout(self.limits.wait, memory).await;
        let memory = memory.ok().and_then(Result::ok).ok_or(Undone::Busy)?;

        let ended = CancellationToken::new();
        // The guard also cancels the work when the caller is dropped.
        let _guard = ended.clone().drop_guard();
        let done = tokio::task::spawn_blocking(move || {
            let done = work(&ended);
            drop(memory);
            done
        });
        match timeout(self.limits.work, done).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(_)) => Err(Undone::Failed),
            Err(_) => Err(Undone::TooSlow),
        }
    }

    #[cfg(test)]
    pub(super) fn free(&self) -> usize {
        self.memory.available_permits() * 1024
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn pool(bytes: usize, wait: Duration, work: Duration) -> Pool {
        Pool::new(PoolLimits { bytes, wait, work })
    }

    const LONG: Duration = Duration::from_mins(1);

    #[tokio::test(flavor = "current_thread")]
    async fn the_worker_continues_meanwhile() {
        let pool = pool(4096, LONG, LONG);
        let (go, wait) = mpsc::channel();
        let work = pool.run(1000, move |_| wait.recv());
        // Both run on the only thread of this runtime, so work on that thread would deadlock.
        let (done, ()) = tokio::join!(work, async move { go.send("done").unwrap() });
        assert_eq!(done, Ok(Ok("done")));
        assert_eq!(pool.free(), 4096);
    }

    #[tokio::test]
    async fn work_waits_for_memory() {
        let pool = pool(4096, LONG, LONG);
        assert_eq!(pool.run(4097, |_| ()).await, Err(Undone::TooLarge));
        let (go, wait) = mpsc::channel::<()>();
        let first = pool.run(3000, move |_| wait.recv());
        let second = async {
            // The first task holds the memory that the second one needs.
            tokio::task::yield_now().await;
            let free = pool.free();
            go.send(()).unwrap();
            (free, pool.run(2000, |_| "second").await)
        };
        let (first, (free, second)) = tokio::join!(first, second);
        assert_eq!((first, free, second), (Ok(Ok(())), 1024, Ok("second")));
    }

    #[tokio::test]
    async fn every_wait_times_out() {
        let no_wait = pool(4096, Duration::ZERO, LONG);
        let (go, wait) = mpsc::channel::<()>();
        let first = no_wait.run(4096, move |_| wait.recv());
        let second = async {
            tokio::task::yield_now().await;
            let busy = no_wait.run(1, |_| ()).await;
            go.send(()).unwrap();
            busy
        };
        let (first, second) = tokio::join!(first, second);
        assert_eq!((first, second), (Ok(Ok(())), Err(Undone::Busy)));

        let no_time = pool(4096, LONG, Duration::ZERO);
        let endless = no_time.run(4096, |ended: &CancellationToken| {
            while !ended.is_cancelled() {
                std::thread::yield_now();
            }
        });
        assert_eq!(endless.await, Err(Undone::TooSlow));
        // It was canceled, and then releases its memory.
        assert!(no_time.memory.acquire_many(4).await.is_ok());
    }

    #[tokio::test]
    async fn a_panic_is_no_more_than_a_failure() {
        let pool = pool(4096, LONG, LONG);
        let done = pool.run(1, |_| assert!(pool_is_broken(), "broken")).await;
        assert_eq!(done, Err(Undone::Failed));
        assert_eq!(pool.free(), 4096);
    }

    fn pool_is_broken() -> bool {
        std::hint::black_box(false)
    }
}
