//! Records of the hub's work: metrics for Prometheus ([`Metrics`]) and, for the audit trail, calls
//! and refreshes ([`Journal`]) and rejected requests ([`SecurityEvents`]).
//!
//! Requests only count and queue here: nothing waits, fails or queries the database.
//! `jobs::journal` writes the queue to the database.

pub mod catalogue;
pub mod journal;
pub mod metrics;
mod recorder;
pub mod security;
mod tool_call;
pub mod trace;

pub use journal::{Journal, JournalOptions, Load};
pub use metrics::Metrics;
pub use recorder::Recorder;
pub use security::{Refusal, SecurityEvents};

pub use crate::domain::security::SecurityEvent;
pub use tool_call::ToolCall;
