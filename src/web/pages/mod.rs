//! The pages that a user sees: plain data in, HTML out.
//!
//! - [`ConnectPage`]: how to connect a client, at the root of an issuer.
//! - [`ConsentPage`]: which client requests what, before Backlog is reached.
//! - [`ConfirmPage`]: who has signed in at Backlog, before the client gets a code.
//! - [`SwitchPage`]: how to sign in as another user.
//! - [`ForwardPage`]: continues to Backlog or the client after a decision.
//! - [`ErrorPage`]: what happened and what to do about it.
//! - [`ClientRefusedPage`]: which client the operator does not allow, and whom to ask.
//! - [`RefusedPage`]: the same, with a link back to an unknown client.
//! - [`RestoredPage`]: the connections that a sign-in has restored, each with a button that ends
//!   it.
//! - [`AccountPage`]: the connections of a user, each with a button that ends it, after
//!   [`AccountSignInPage`]; [`AccountSpacePage`] asks for the space.
//! - [`DevicePage`]: a field for the code of a device; [`DeviceConsentPage`] asks what it may do.
//! - [`UploadPage`]: a field for a file, at an upload link; [`UploadedPage`] follows it.
//!
//! No page has a script or an inline style, so the policy of [`CONTENT_SECURITY_POLICY`] applies to
//! all of them. Text comes from `locales/` by [`Locale`]; text from clients passes through
//! [`display`] first and is escaped by the template. A [`Frame`] surrounds each page.

mod account;
mod client_refused;
mod client_settings;
mod confirm;
mod connect;
mod consent;
mod device;
pub mod display;
mod forward;
mod frame;
mod locale;
mod personal_tokens;
mod problem;
mod refused;
pub(crate) mod response;
mod restored;
mod switch;
#[cfg(test)]
mod tests;
mod upload;

pub use account::{
    AccountPage, AccountSignInPage, AccountSpacePage, Done, OwnConnectionLine, SignedOut,
};
pub use client_refused::ClientRefusedPage;
pub use client_settings::{
    ClientSetting, Part, PartKind, ShownToken, client_settings, local_client_settings,
};
pub use confirm::ConfirmPage;
pub use connect::{ConnectPage, DemoLinks};
pub use consent::{
    AccessLifetimes, AccessLimits, AskingClient, ConsentPage, Levels, NamingProblem, PROJECT_BOX,
    PROJECTS_FIELD, ProjectChoice, ProjectOptions, ProjectsProblem, RedirectTarget, SpaceChoice,
    SpaceLine, level_field,
};
pub use device::{CodeProblem, DeviceConsentPage, DeviceOutcome, DevicePage, Place as AskedFrom};
pub use forward::ForwardPage;
pub use frame::Frame;
pub use locale::{LANGUAGE_PATH, Locale, Phrase};
pub use personal_tokens::{
    MadeToken, Making, OwnTokenLine, SignInAgain, TOKEN_DAYS, TOKEN_NAME_MAX, TokenProblem,
    TokenSection,
};
pub use problem::{ErrorPage, Problem};
pub use refused::RefusedPage;
pub use restored::{ConnectionLine, RestoredPage};
pub use switch::SwitchPage;
pub use upload::{UploadPage, UploadedPage};

/// The stylesheet, served at [`STYLESHEET_PATH`].
pub const STYLESHEET: &str = include_str!("../../../static/hub.css");

/// The path of [`STYLESHEET`].
pub const STYLESHEET_PATH: &str = "/static/hub.css";

/// The `Content-Security-Policy` of every page.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; \
    img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
