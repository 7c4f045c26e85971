//! The audit trail: calls, refreshes and rejected requests as events.
//!
//! 1. A [`Recorder`] queues events ([`queue`], [`security`]). Requests only count and queue here:
//!    nothing waits, fails or queries the database.
//! 2. The [`writer`] writes the queue to the database.
//! 3. [`retention`] removes events that have expired.

pub mod queue;
mod recorder;
pub mod retention;
pub mod security;
mod tool_call;
pub mod writer;

pub use queue::{Journal, JournalOptions, Load};
pub use recorder::Recorder;
pub use security::{Refusal, SecurityEvents};
pub use tool_call::ToolCall;
