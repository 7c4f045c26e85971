//! A client of the Backlog API. Knows Backlog and nothing of the hub around it.
//!
//! [`Call`] says which request an operation is, [`BacklogClient`] sends it to
//! a [`BacklogUrl`] with [`Credentials`], [`BacklogError`] says what went
//! wrong and [`Fate`] what is known of the change, [`SpaceOAuth`] gets and renews the credentials.

mod call;
mod client;
mod credentials;
mod error;
mod exchange;
mod fate;
pub mod models;
mod oauth;
mod options;
mod pace;
mod parsing;
mod request;
mod room;
mod sites;
pub(crate) mod surrogates;
mod tls;
mod url;
mod values;

pub use call::{Call, InputError, Method};
pub use client::{BacklogClient, ClientError};
pub use credentials::{Credentials, Fingerprint};
pub use error::{BacklogError, ErrorItem};
pub use exchange::{Class, Exchange, Observer};
pub use fate::{Content, Fate};
pub use oauth::{BacklogTokens, OAuthError, SpaceOAuth, TOKEN_TIMEOUT};
pub use options::ClientOptions;
pub use pace::Left;
pub use parsing::LARGE;
pub use request::{Expects, Request, Response, Segment, UNSAFE, UnsafeSegment, Upload, announced};
pub use room::Held;
pub use sites::{SiteError, Sites};
pub use tls::tls_config;
pub use url::{BacklogUrl, BacklogUrlError};

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;
