//! The HTTP surface: one file per endpoint, named after it; [`routes`] is the map.

use std::time::Duration;

pub mod authorization_server_metadata;
pub mod authorize;
pub mod backlog_redirect;
pub mod body_budget;
pub mod browser;
pub mod callback;
pub mod client_address;
mod client_assertion;
pub mod client_auth;
pub mod client_documents;
pub mod client_keys;
pub mod concurrency;
pub mod connect;
pub mod connections;
pub mod consent;
mod consent_page;
mod consent_skip;
pub mod content_coding;
pub mod cors;
pub mod error;
mod expired;
mod fast_path;
pub mod health;
pub mod host_guard;
pub mod issuer;
pub mod limits;
mod look_up;
mod lost_response;
pub mod mcp;
pub mod measure;
pub mod methods;
pub mod newcomers;
pub mod not_found;
pub mod openid_configuration;
mod own_names;
mod page_attempt;
mod page_response;
pub mod pages;
pub mod protected_resource_metadata;
pub mod readiness;
pub mod ready;
mod redirect;
pub mod register;
pub mod registration;
pub mod request_body;
pub mod request_limit;
pub mod response_budget;
pub mod revoke;
pub mod routes;
pub mod slow_body;
pub mod space_choice;
mod space_name;
pub mod state;
pub mod stylesheet;
pub mod token;
pub mod unchecked;
pub mod under_way;

pub use issuer::Issuer;
pub use state::AppState;

/// How long a connection may be idle. It is longer than a proxy in front of the hub may keep one.
pub const KEEP_ALIVE: Duration = Duration::from_secs(75);
