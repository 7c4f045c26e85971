//! The simulated space's time: the system's, plus the offset set by tests.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

#[derive(Debug, Default)]
pub(crate) struct Clock {
    ahead_seconds: AtomicI64,
}

impl Clock {
    /// The current time, in whole seconds as Backlog reports them.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the time"
    )]
    pub fn now(&self) -> DateTime<Utc> {
        let system = Utc::now();
        let now = system + TimeDelta::seconds(self.ahead_seconds.load(Ordering::Relaxed));
        now.duration_trunc(TimeDelta::seconds(1)).unwrap_or(now)
    }

    pub fn advance(&self, seconds: u32) {
        self.ahead_seconds
            .fetch_add(i64::from(seconds), Ordering::Relaxed);
    }
}
