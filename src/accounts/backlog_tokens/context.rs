//! The dependencies of renewals.

use std::sync::Arc;

use backlog_client::BacklogClient;
use foundation::{clock::Clock, random::Random};
use sealing::KeyRing;
use sqlx::PgPool;
use tokio_util::task::TaskTracker;
use url::Url;

use super::account::Accounts;
use crate::audit::Recorder;

/// The dependencies of every renewal.
#[derive(Debug)]
pub struct RenewalContext {
    pub db: PgPool,
    pub keys: Arc<KeyRing>,
    pub backlog: BacklogClient,
    pub clock: Clock,
    pub random: Random,
    pub callback: Url,
    /// Tasks of renewals, which outlive the request that caused them. Shutdown waits for them.
    pub tasks: TaskTracker,
    pub recorder: Recorder,
    pub accounts: Accounts,
}
