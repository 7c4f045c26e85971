//! The OAuth protocol as values: no I/O, no database, no HTTP framework.

pub mod authorization;
pub mod bearer;
pub mod check_key;
pub mod client_assertion;
pub mod client_document;
pub mod client_id;
pub mod error;
pub mod identity_assertion;
pub mod known_callback;
pub mod metadata;
pub mod params;
pub mod pkce;
pub mod redirect_uri;
pub mod registration;
pub mod resource;
pub mod scope;
mod signature;
pub mod token;
pub mod user_code;
pub mod well_known_client;

pub use check_key::CheckKey;
pub use client_id::ClientIdForm;
pub use error::{ErrorCode, OAuthError};
pub use params::Params;
pub use pkce::CodeChallenge;
pub use redirect_uri::RedirectUri;
pub use scope::{Scope, Scopes};
pub use user_code::UserCode;
