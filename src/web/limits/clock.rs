//! The clock of the limits, which only moves forward. It is injected, so that a test decides how
//! much time passes between its requests.

use std::{sync::Arc, time};

use governor::{
    RateLimiter,
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed, keyed::DefaultKeyedStateStore},
};

pub type Instant = time::Instant;
/// A limiter of one count.
pub type Direct = RateLimiter<NotKeyed, InMemoryState, MonotonicClock, NoOpMiddleware<Instant>>;
/// A limiter with a count for each key.
pub type Keyed<K> =
    RateLimiter<K, DefaultKeyedStateStore<K>, MonotonicClock, NoOpMiddleware<Instant>>;

/// A source of instants, cheap to clone.
#[derive(Clone)]
pub struct MonotonicClock(Arc<dyn Fn() -> Instant + Send + Sync>);

impl MonotonicClock {
    /// The system's clock.
    pub fn system() -> Self {
        Self::from_fn(Instant::now)
    }

    pub fn from_fn(now: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }
}

impl governor::clock::Clock for MonotonicClock {
    type Instant = Instant;

    fn now(&self) -> Instant {
        (self.0)()
    }
}

impl std::fmt::Debug for MonotonicClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MonotonicClock")
    }
}
