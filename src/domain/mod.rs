//! The domain of the service: spaces, clients, grants, principals.

pub mod account;
pub mod allowed_networks;
pub mod audit_event;
pub mod authority;
pub mod backlog_user;
pub mod change;
pub mod client;
pub mod client_policy;
pub mod grant;
pub mod id;
pub mod identity_provider;
pub mod operator;
pub mod principal;
pub mod project_keys;
pub mod security;
pub mod space;
pub mod upload_link;

pub use allowed_networks::AllowedNetworks;
pub use authority::Authority;
pub use backlog_user::BacklogUser;
pub use change::Change;
pub use client::Client;
pub use client_policy::{AllowedClients, ClientPolicy, Provenance};
pub use grant::{Grant, RevocationReason};
pub use id::{
    AccountId, AuthorizationRequestId, ClientKey, ConsentId, DeviceCodeId, GrantId,
    IdentityProviderId, SpaceId, UploadLinkId,
};
pub use identity_provider::{IdentityProvider, Mapping};
pub use operator::Operator;
pub use principal::Principal;
pub use space::{Space, SpaceState};
