//! A client of the Backlog API. It knows Backlog, and nothing of the hub.
//!
//! [`Operation`] declares a request, [`BacklogClient`] sends it to a [`BacklogUrl`] with
//! [`Credentials`], [`BacklogError`] describes a failure and [`Fate`] whether the change was made.
//! [`SpaceOAuth`] obtains and renews the credentials.

mod client;
mod content;
mod credentials;
mod error;
mod exchange;
mod fate;
mod memory_budget;
pub mod models;
mod oauth;
mod operation;
mod options;
mod parsing;
mod rate_limit;
mod rate_limit_headers;
mod request;
mod segment;
mod sites;
pub mod surrogates;
mod url;
mod values;

pub use client::{BacklogClient, ClientError};
pub use content::Content;
pub use credentials::{Credentials, Fingerprint};
pub use error::{BacklogError, ErrorItem};
pub use exchange::{Class, Exchange, Observer};
pub use fate::Fate;
pub use memory_budget::HeldMemory;
pub use oauth::{BacklogTokens, OAuthError, SpaceOAuth, TOKEN_TIMEOUT};
pub use operation::{InputError, Method, Operation};
pub use options::ClientOptions;
pub use parsing::LARGE;
pub use rate_limit::Left;
pub use request::{Expects, FileStream, Request, Response, Upload, announced};
pub use segment::{Segment, UNSAFE, UnsafeSegment};
pub use sites::{SiteError, Sites};
pub use url::{BacklogUrl, BacklogUrlError};

#[cfg(any(test, feature = "fake"))]
pub mod fake;
#[cfg(test)]
mod tests;
