//! The MCP endpoint and the local server: access, the protocol, subscriptions, resources, prompts
//! and lists.

mod access;
mod cancellation;
mod confirmation;
mod local_server;
mod plain_calls;
mod plain_requests_newest;
mod prepared_lists;
mod protocol;
pub(crate) mod resources;
mod subscriptions;
mod wire;
