//! Records of the hub's work: numbers for Prometheus ([`Metrics`]) and, for the audit trail, calls
//! and refreshes ([`Journal`]) and refused requests ([`SecurityEvents`]).
//!
//! The request's way only counts and queues: nothing here waits, fails or asks the
//! database. `jobs::journal` writes the queue down.

pub mod catalogue;
pub mod journal;
pub mod metrics;
pub mod security;
mod tool_call;
pub mod trace;

pub use journal::{Journal, JournalOptions, Load};
pub use metrics::Metrics;
pub use security::{Refusal, SecurityEvents};

pub use crate::domain::security::SecurityEvent;
pub use tool_call::ToolCall;

/// Who is told; cheap to clone. The default one tells nobody.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    pub metrics: Metrics,
    pub journal: Option<Journal>,
    pub security: SecurityEvents,
}
