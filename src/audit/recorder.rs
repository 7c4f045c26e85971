//! The recorder that requests and jobs share.

use super::{queue::Journal, security::SecurityEvents};
use crate::metrics::Metrics;

/// Where events and metrics are recorded. Cheap to clone; the default discards everything.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    pub metrics: Metrics,
    pub journal: Option<Journal>,
    pub security: SecurityEvents,
}
