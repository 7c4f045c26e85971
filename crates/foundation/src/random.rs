//! Injected randomness: the only code that reads the system's generator.

use std::{sync::Arc, time::Duration};

type Fill = dyn Fn(&mut [u8]) + Send + Sync;

/// A source of cryptographically secure random bytes, cheap to clone.
#[derive(Clone)]
pub struct Random(Arc<Fill>);

impl Random {
    /// A CSPRNG that the operating system's generator reseeds.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads randomness"
    )]
    pub fn system() -> Self {
        Self(Arc::new(|bytes| {
            rand::Rng::fill_bytes(&mut rand::rng(), bytes);
        }))
    }

    /// A source that a test controls.
    pub fn from_fn(fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.0)(&mut bytes);
        bytes
    }

    /// The time to the next round of a job, up to a sixth longer than `every`: replicas started
    /// together spread out.
    pub fn jittered(&self, every: Duration) -> Duration {
        let [jitter] = self.bytes::<1>();
        every + every / 6 * u32::from(jitter) / u32::from(u8::MAX)
    }
}

impl std::fmt::Debug for Random {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Random")
    }
}
