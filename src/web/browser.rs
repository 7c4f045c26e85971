//! The cookie that identifies a browser during a sign-in.

use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite, time::Duration},
};
use oauth_values::token::BrowserId;

use super::AppState;

const LIFETIME: Duration = Duration::days(30);

/// Over TLS, `__Host-` binds the cookie to this host; loopback http cannot use it.
fn name(hub: &AppState) -> &'static str {
    if hub.base_url.is_https() {
        "__Host-bmh_browser"
    } else {
        "bmh_browser"
    }
}

/// The browser that sent the request, if it already has the cookie.
pub fn known(hub: &AppState, request: &HttpRequest) -> Option<BrowserId> {
    BrowserId::parse(request.cookie(name(hub))?.value())
}

pub fn cookie(hub: &AppState, browser: &BrowserId) -> Cookie<'static> {
    Cookie::build(name(hub), browser.reveal().to_owned())
        .path("/")
        .http_only(true)
        .secure(hub.base_url.is_https())
        .same_site(SameSite::Lax)
        .max_age(LIFETIME)
        .finish()
}
