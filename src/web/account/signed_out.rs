//! The page without a session: it offers to sign in at Backlog.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use oauth_values::token::BrowserId;

use super::{
    Place, SIGN_IN_PATH,
    form::{self, Purpose},
};
use crate::domain::Space;
use crate::web::{
    AppState, browser,
    error::PageError,
    issuer::path_of,
    oauth::consent_page,
    pages::{
        AccountSignInPage, Problem, SignedOut,
        response::{frame, html},
    },
};

/// The page in place of another one of the space, at the issuer with this URL. A new browser gets its cookie.
pub(super) fn page(
    hub: &AppState,
    request: &HttpRequest,
    (space, issuer_url): (&Space, &str),
    place: Place,
    because: Option<SignedOut>,
) -> Result<HttpResponse, PageError> {
    let known = browser::known(hub, request);
    let browser = known.unwrap_or_else(|| BrowserId::generate(&hub.random));
    let page = AccountSignInPage {
        frame: frame(request).at(format!("{}{}", path_of(issuer_url), place.path())),
        space: consent_page::line(space, None),
        because,
        for_device: place == Place::Device,
        page: form::seal(hub, Purpose::SignIn, browser.hash(), space.id),
        form_action: format!("{}{SIGN_IN_PATH}", path_of(issuer_url)),
    };
    let status = because.map(SignedOut::status);
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    let mut response = html(status.unwrap_or(StatusCode::OK), page.html());
    if let Err(error) = response.add_cookie(&browser::cookie(hub, &browser)) {
        tracing::error!(%error, "could not set a cookie");
        return Err(PageError::new(request, Problem::ServerError));
    }
    Ok(response)
}
