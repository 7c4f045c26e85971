//! The session of the page: a cookie for each space, so that the session of one space is not sent
//! in place of another's, and its row.
//!
//! The cookie alone is not enough: the session also belongs to the browser and the space.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time},
};
use oauth_values::token::{AccountSession, BrowserId, TokenHash};
use subtle::ConstantTimeEq;

use crate::db;
use crate::domain::{BacklogUser, Space};
use crate::web::{AppState, browser, error::PageError, limits::Holder, pages::Problem};

/// How long a session lasts, however it is used.
pub(super) const LIFETIME: Duration = Duration::from_mins(30);

/// A user who is signed in to the page of one space.
pub(super) struct SignedIn {
    pub hash: TokenHash,
    pub browser: BrowserId,
    pub user: BacklogUser,
}

/// Over TLS, `__Host-` binds the cookie to this host; loopback http cannot use it.
fn name(hub: &AppState, space: &Space) -> String {
    let prefix = match hub.base_url.is_https() {
        true => "__Host-",
        false => "",
    };
    format!("{prefix}bmh_account_{}", space.slug)
}

/// The session of this browser at the space, if it is live.
pub(super) async fn find(
    hub: &AppState,
    request: &HttpRequest,
    space: &Space,
) -> Result<Option<SignedIn>, PageError> {
    let Some(browser) = browser::known(hub, request) else {
        return Ok(None);
    };
    let presented = request.cookie(&name(hub, space));
    let presented = presented.and_then(|cookie| AccountSession::parse(cookie.value()));
    // A session that the hub never issued costs no statement.
    let presented = presented.filter(|session| session.is_issued_with(&hub.check_key));
    let Some(hash) = presented.map(|session| session.hash()) else {
        return Ok(None);
    };
    hub.limits
        .check_holder(Holder::Token(hash))
        .map_err(|limited| PageError::limited(request, limited))?;
    let found = db::account_sessions::find(&hub.db, hash, space.id).await;
    let found = found.map_err(|error| PageError::from_db(request, &error))?;
    let own = found.filter(|session| {
        let stored = session.browser.as_bytes();
        stored.ct_eq(browser.hash().as_bytes()).into()
    });
    Ok(own.map(|session| SignedIn {
        hash,
        browser,
        user: session.user,
    }))
}

/// Gives the browser its session, or takes it away.
pub(super) fn set_cookie(
    hub: &AppState,
    request: &HttpRequest,
    space: &Space,
    session: Option<&AccountSession>,
    mut response: HttpResponse,
) -> Result<HttpResponse, PageError> {
    let value = session.map_or("", |session| session.reveal());
    let lifetime = match session {
        Some(_) => time::Duration::try_from(LIFETIME).unwrap_or(time::Duration::ZERO),
        None => time::Duration::ZERO,
    };
    // Backlog redirects to the page, and browsers keep a `Strict` cookie from that.
    let cookie = Cookie::build(name(hub, space), value.to_owned())
        .path("/")
        .http_only(true)
        .secure(hub.base_url.is_https())
        .same_site(SameSite::Lax)
        .max_age(lifetime)
        .finish();
    match response.add_cookie(&cookie) {
        Ok(()) => Ok(response),
        Err(error) => {
            tracing::error!(%error, "could not set a cookie");
            Err(PageError::new(request, Problem::ServerError))
        }
    }
}
