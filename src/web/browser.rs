//! The cookie that tells one browser from another while a sign-in is under way.

use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite, time::Duration},
};

use super::Hub;
use crate::oauth::token::BrowserId;

const LIFETIME: Duration = Duration::days(30);

/// `__Host-` binds it to this host over TLS; loopback http cannot have it.
fn name(hub: &Hub) -> &'static str {
    if hub.base_url.is_https() {
        "__Host-bmh_browser"
    } else {
        "bmh_browser"
    }
}

/// The browser that sent the request, if it has been here before.
pub fn known(hub: &Hub, request: &HttpRequest) -> Option<BrowserId> {
    BrowserId::parse(request.cookie(name(hub))?.value())
}

pub fn cookie(hub: &Hub, browser: &BrowserId) -> Cookie<'static> {
    Cookie::build(name(hub), browser.reveal().to_owned())
        .path("/")
        .http_only(true)
        .secure(hub.base_url.is_https())
        .same_site(SameSite::Lax)
        .max_age(LIFETIME)
        .finish()
}
