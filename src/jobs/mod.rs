//! Background jobs.

pub mod cleanup;
pub mod journal;
pub mod listener;
pub mod retention;
pub mod secrets;

use std::time::Duration;

use tokio::task::JoinHandle;

use crate::random::Random;

/// The running jobs that are aborted on shutdown.
#[derive(Debug)]
pub struct BackgroundJobs {
    pub listener: JoinHandle<()>,
    pub secrets: JoinHandle<()>,
    pub cleanup: JoinHandle<()>,
    pub retention: JoinHandle<()>,
    /// Aggregates the histogram samples of the metrics.
    pub histogram_upkeep: JoinHandle<()>,
}

impl BackgroundJobs {
    pub fn abort(&self) {
        let Self {
            listener,
            secrets,
            cleanup,
            retention,
            histogram_upkeep,
        } = self;
        for job in [listener, secrets, cleanup, retention, histogram_upkeep] {
            job.abort();
        }
    }
}

/// The time to a job's next round, with jitter: replicas started together spread out.
fn about(every: Duration, random: &Random) -> Duration {
    let [jitter] = random.bytes::<1>();
    every + every / 6 * u32::from(jitter) / u32::from(u8::MAX)
}
