//! The pages that a user sees: plain data in, HTML out.
//!
//! - [`ConnectPage`]: how to connect a client, at the root of an issuer.
//! - [`ConsentPage`]: which client requests what, before Backlog is reached.
//! - [`ForwardPage`]: continues to Backlog or the client after a decision.
//! - [`ErrorPage`]: what happened and what to do about it.
//! - [`RefusedPage`]: the same, with a link back to an unknown client.
//! - [`RestoredPage`]: the connections that a sign-in has restored, each with a button that ends
//!   it.
//!
//! No page has a script or an inline style, so the policy of [`CONTENT_SECURITY_POLICY`] applies to
//! all of them. Text comes from `locales/` by [`Locale`]; text from clients passes through
//! [`display`] first and is escaped by the template.

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

/// The stylesheet, served at [`STYLESHEET_PATH`].
pub const STYLESHEET: &str = include_str!("../../../static/hub.css");

/// The path of [`STYLESHEET`].
pub const STYLESHEET_PATH: &str = "/static/hub.css";

/// The `Content-Security-Policy` of every page.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; \
    img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
