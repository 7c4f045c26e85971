//! The authorization server: discovery, registration, the authorization code flow, refresh and
//! revocation.
//!
//! The sign-in of a user in full is in [`sign_in`].

mod authorize;
mod callback;
mod client_documents;
mod confirmation;
mod consent;
mod device;
mod forged_credentials;
mod grant_limits;
mod identity_assertions;
mod levels;
mod metadata;
pub(crate) mod private_key_jwt;
mod project_resources;
mod refresh;
mod registration;
mod resource_indicators;
mod revoke;
mod sign_in;
mod token;
