//! The MCP server: the protocol around the calls of tools.
//!
//! The HTTP layer finds the [`Caller`](crate::calls::caller::Caller) of a request. [`HubServer`]
//! lists the tools that this caller may use, and executes them (`calls`). Resources, prompts and
//! completions read from Backlog with the same permissions ([`reader`]).

pub mod accept;
mod completion;
mod confirmation;
mod envelope;
mod listen;
pub mod listing;
mod message;
mod params;
#[doc(hidden)]
pub mod parsers;
pub mod plain;
mod prompts;
mod reader;
mod resources;
pub mod server;
pub mod service;
mod skill;
pub mod stdio;

pub use accept::Accepted;
pub use server::HubServer;
pub use service::{Charge, McpService, local_service, service};
pub use stdio::Stdio;

#[cfg(test)]
pub(crate) mod tests;
