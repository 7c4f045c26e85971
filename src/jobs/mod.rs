//! Background jobs.

pub mod cleanup;
pub mod listener;
pub mod secrets;
mod throttle;

use tokio::task::JoinHandle;

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
