//! The authorization server: one file per endpoint, named after it, and what the endpoints share.

pub mod authorization_server_metadata;
pub mod authorize;
pub mod backlog_redirect;
pub mod callback;
mod client_assertion;
pub mod client_auth;
pub mod client_documents;
pub mod client_keys;
mod client_policy;
pub mod confirmation;
pub mod consent;
mod consent_page;
mod consent_skip;
mod expired_sign_in;
pub mod manage_registration;
mod new_grant;
pub mod openid_configuration;
mod page_attempt;
pub mod protected_resource_metadata;
mod redirect;
pub mod register;
pub mod restored_connections;
pub mod revoke;
mod space_name;
pub mod space_selection;
pub mod token;
