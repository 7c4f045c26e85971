//! The audit trail: its events, how long it keeps them, and how changes of it are detected.

mod calls;
mod chain;
mod grants;
mod security_events;
