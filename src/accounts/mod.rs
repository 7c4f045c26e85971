//! Who is calling, and with which Backlog tokens.

pub mod access;
pub mod backlog_tokens;
pub mod session_cache;
pub(crate) mod session_error;
pub(crate) mod space_names;
pub mod space_oauth;
pub(crate) mod subscriptions;
pub mod upload_links;
