//! The MCP server: the Backlog tools and the steps around every call.
//!
//! The HTTP layer finds the [`Caller`] of a request; [`HubServer`] lists the
//! tools that this caller may use and runs them (`router`); a tool turns its
//! input into a request (`tool`) that goes to Backlog with the caller's
//! credentials ([`access`]).

mod accept;
pub mod access;
mod arguments;
mod attempt;
pub mod backlog_tokens;
mod call_outcome;
pub mod caller;
mod completion;
mod declaration;
mod description_keys;
pub mod descriptions;
mod elements;
mod entity;
mod envelope;
mod error;
mod execution;
mod failure;
mod file;
pub mod hidden;
mod input_kind;
mod inputs;
mod limit;
mod list_organizations;
mod listen;
mod listing;
mod message;
mod name_kind;
mod name_list;
mod names;
mod notes;
pub mod options;
pub mod organizations;
mod origin;
mod outcome;
mod output;
mod page;
mod params;
mod parse;
#[doc(hidden)]
pub mod parsers;
pub mod policy;
mod prefix;
mod progress;
mod project_binding;
mod projects;
mod prompts;
mod quoted;
mod reader;
mod reading;
mod resources;
mod rest;
mod router;
mod schema;
mod selection;
pub mod server;
pub mod service;
mod services;
mod session_error;
pub mod sessions;
pub mod space_application;
mod space_names;
mod stdio;
mod structured;
mod subscriber;
mod subscriptions;
mod text_part;
mod tokens;
mod tool;
mod tools;
pub mod toolset;
mod window;

use name_list::NameList;
use project_binding::{ProjectBinding, ProjectOf};

pub use accept::Accepted;
pub use access::{AccessError, BacklogAccess, FixedAccess};
pub use caller::{AuthChallenge, Caller, ChallengeSlot};
pub use descriptions::Descriptions;
pub use failure::DONE;
pub use file::IMAGE_MEMORY;
pub use names::NAME_MEMORY;
pub use options::ToolOptions;
pub use organizations::{Organization, Organizations};
pub use policy::{BadRequest, Policy};
pub use prefix::{BadPrefix, ToolPrefix};
pub use projects::PROJECT_MEMORY;
pub use server::HubServer;
pub use service::{Charge, McpService, local_service, service};
pub use stdio::Stdio;
pub use subscriber::Subscriber;
pub use toolset::Toolset;

#[cfg(test)]
mod tests;
