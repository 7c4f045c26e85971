//! The HTTP surface: one file per endpoint, named after it; [`routes`] is the map.

use std::time::Duration;

pub mod account;
pub mod browser;
pub mod client_address;
pub mod connect;
mod credential_lookup;
pub mod error;
pub mod health;
pub mod issuer;
pub mod language;
pub mod limits;
pub mod mcp;
pub mod middleware;
mod not_allowed;
pub mod not_found;
pub mod oauth;
mod offered_access;
mod own_hosts;
pub mod pages;
pub mod protected_resource;
pub mod readiness;
pub mod ready;
pub mod request_body;
pub mod routes;
pub mod state;
pub mod stylesheet;
pub mod upload_link;

pub use issuer::Issuer;
pub use state::AppState;

/// How long a connection may be idle. It is longer than a proxy in front of the hub may keep one.
pub const KEEP_ALIVE: Duration = Duration::from_secs(75);
