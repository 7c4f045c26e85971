//! The page on which users see and end their connections
//! ([decision 33](../../../docs/decisions/0033-account-page.md)).
//!
//! 1. `GET /spaces/<slug>/account` shows the connections of the session's user ([`connections`]).
//!    Without a session it offers to sign in ([`signed_out`]). The hub's own `/account` leads to the
//!    space ([`space_form`]).
//! 2. `POST …/account/sign-in` sends the browser to Backlog ([`sign_in`]). The response arrives at
//!    the redirect URI that the space has registered, and the form of its `state` says what it is
//!    for ([`callback`]).
//! 3. After Backlog there is a session of half an hour, for one browser, space and user
//!    ([`session`]). It is no grant, and no client can use it.
//!    It also approves the code of a device ([`device`]), at `/device` of the space.
//! 4. `POST …/account` ends connections, makes personal tokens ([`personal_tokens`]), forgets
//!    approvals or signs out. Each form has a value that
//!    is valid for its session only, and must come from the same origin ([`same_origin`]).

pub mod callback;
pub mod connections;
pub mod device;
mod form;
mod personal_tokens;
mod same_origin;
mod session;
pub mod sign_in;
mod signed_out;
mod space_form;

use super::{issuer::path_of, oauth::device_authorization};

/// The path of the page below its issuer.
pub const PATH: &str = "/account";
/// The path of its sign-in below its issuer.
pub const SIGN_IN_PATH: &str = "/account/sign-in";

/// A page of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Account,
    /// The code of a device is entered there.
    Device,
}

impl Place {
    /// The path below the issuer.
    fn path(self) -> &'static str {
        match self {
            Self::Account => PATH,
            Self::Device => device_authorization::VERIFICATION_PATH,
        }
    }
}

/// The path of the page at the issuer with this URL.
pub fn path_at(issuer_url: &str) -> String {
    format!("{}{PATH}", path_of(issuer_url))
}
