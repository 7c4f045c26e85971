//! The simulated space's time: the system's or a fixed one, plus the offset set by tests.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

/// The value of `stopped_at` while the clock runs.
const RUNS: i64 = i64::MIN;

#[derive(Debug)]
pub(crate) struct Clock {
    ahead_seconds: AtomicI64,
    /// In seconds since 1970.
    stopped_at: AtomicI64,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            ahead_seconds: AtomicI64::new(0),
            stopped_at: AtomicI64::new(RUNS),
        }
    }
}

impl Clock {
    /// The current time, in whole seconds as Backlog reports them.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the time"
    )]
    pub(crate) fn now(&self) -> DateTime<Utc> {
        let stopped = self.stopped_at.load(Ordering::Relaxed);
        let stopped = Some(stopped).filter(|stopped| *stopped != RUNS);
        let base = stopped.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        let base = base.unwrap_or_else(Utc::now);
        let now = base + TimeDelta::seconds(self.ahead_seconds.load(Ordering::Relaxed));
        now.duration_trunc(TimeDelta::seconds(1)).unwrap_or(now)
    }

    pub(crate) fn advance(&self, seconds: u32) {
        self.ahead_seconds
            .fetch_add(i64::from(seconds), Ordering::Relaxed);
    }

    /// Stops the clock at a time. It moves only by [`Self::advance`] from then on.
    pub(crate) fn stop_at(&self, time: DateTime<Utc>) {
        self.ahead_seconds.store(0, Ordering::Relaxed);
        self.stopped_at.store(time.timestamp(), Ordering::Relaxed);
    }
}
