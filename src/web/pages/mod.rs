//! The pages a person sees, as plain data in and HTML out.
//!
//! - [`ConnectPage`]: how to connect a client, at the root of an issuer.
//! - [`ConsentPage`]: who asks for what, before Backlog is reached.
//! - [`ForwardPage`]: leaves for Backlog or the client after a decision.
//! - [`ErrorPage`]: what happened and what to do about it.
//! - [`RefusedPage`]: the same, with the way back to a client that is not known.
//! - [`RestoredPage`]: the connections that a sign-in brought back, each to be ended.
//!
//! No page carries a script or an inline style, so a policy of
//! [`CONTENT_SECURITY_POLICY`] holds for all of them. Text is looked up per
//! [`Locale`] in `locales/`; text of clients goes through [`display`] first and
//! is escaped by the template.

mod client_settings;
mod connect;
mod consent;
pub mod display;
mod forward;
mod locale;
mod problem;
mod refused;
mod restored;
#[cfg(test)]
mod tests;

pub use client_settings::{
    ClientSetting, Part, PartKind, ShownToken, client_settings, local_client_settings,
};
pub use connect::{ConnectPage, DemoLinks};
pub use consent::{ConsentPage, NamingProblem, RedirectTarget, SpaceChoice, SpaceLine};
pub use forward::ForwardPage;
pub use locale::{Locale, Phrase};
pub use problem::{ErrorPage, Problem};
pub use refused::RefusedPage;
pub use restored::{ConnectionLine, RestoredPage};

/// The one stylesheet, which the pages expect at [`STYLESHEET_PATH`].
pub const STYLESHEET: &str = include_str!("../../../static/hub.css");

/// Where the pages look for [`STYLESHEET`].
pub const STYLESHEET_PATH: &str = "/static/hub.css";

/// The `Content-Security-Policy` every page is written for.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; \
    img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
