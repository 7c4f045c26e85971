//! Reads the forms of the page, and seals the value that only its own page has.
//!
//! The value is sealed for the session, or before there is one for the browser. So nothing is
//! stored, and no other page, session or browser can send the form.

use actix_web::HttpRequest;
use oauth_values::{Params, token::TokenHash};
use sealing::Place;
use secrecy::ExposeSecret;

use super::same_origin::is_same_origin;
use crate::domain::SpaceId;
use crate::web::{
    AppState,
    error::{self, JsonError, PageError},
    pages::Problem,
    request_body::OAuthBody,
};

/// What a form does; the value of one is not valid for another.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// Sealed for a browser.
    SignIn,
    /// Sealed for a session.
    Connections,
    /// Sealed for a session.
    Device,
}

impl Purpose {
    fn column(self) -> &'static str {
        match self {
            Self::SignIn => "account_sign_in",
            Self::Connections => "account_connections",
            Self::Device => "account_device",
        }
    }
}

fn place(purpose: Purpose, row: &str) -> Place<'_> {
    Place {
        table: "pages",
        column: purpose.column(),
        row,
        bound_to: super::PATH,
    }
}

/// The value of a form for its holder, a browser or a session, and the space.
pub(super) fn seal(hub: &AppState, purpose: Purpose, holder: TokenHash, space: SpaceId) -> String {
    let row = holder.to_hex();
    hub.keys
        .seal(place(purpose, &row), &space.to_string().into())
}

/// Whether the form has the value of its own page.
pub(super) fn is_own(
    hub: &AppState,
    params: &Params,
    (purpose, holder, space): (Purpose, TokenHash, SpaceId),
) -> bool {
    let row = holder.to_hex();
    let sealed = params.get("page").unwrap_or_default();
    let text = hub.keys.open(place(purpose, &row), sealed);
    text.is_ok_and(|text| text.expose_secret() == space.to_string())
}

/// Reads a form that a page of this origin has sent.
pub(super) fn read(
    hub: &AppState,
    request: &HttpRequest,
    body: Result<OAuthBody, JsonError>,
) -> Result<Params, PageError> {
    let body = body.map_err(|error| match error {
        JsonError::Busy(_) => {
            let seconds = error::RETRY_AFTER;
            PageError::new(request, Problem::RateLimited { seconds })
        }
        _ => invalid(
            request,
            "The form is too large or did not arrive completely.",
        ),
    })?;
    if !is_same_origin(hub, request) {
        return Err(forged(request));
    }
    Params::parse(body.bytes()).map_err(|error| invalid(request, &error.description))
}

/// The form was not sent by its page.
pub(super) fn forged(request: &HttpRequest) -> PageError {
    PageError::new(request, Problem::FormForged)
}

pub(super) fn invalid(request: &HttpRequest, detail: &str) -> PageError {
    let detail = detail.to_owned();
    PageError::new(request, Problem::InvalidRequest { detail })
}
