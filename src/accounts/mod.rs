//! Who is calling, and with which Backlog tokens.

pub mod access;
pub mod backlog_tokens;
pub(crate) mod session_error;
pub mod sessions;
pub mod space_application;
pub(crate) mod space_names;
pub(crate) mod subscriptions;
