//! Pages as responses, in the language of the user's browser.
//!
//! The language is, in this order: the one that the user chose on a page, the one that the client
//! asked for (`ui_locales`), and the first of `Accept-Language`. The choice of the client is kept in
//! a cookie of its own until the sign-in is over, because only `/authorize` has the parameter.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
    http::{Method, StatusCode, header},
    web,
};
use url::form_urlencoded;

use super::{Frame, Locale};
use crate::{accounts::upload_links, domain::Operator};

/// The cookies of the user's choice and of the client's, with and without TLS.
const CHOSEN: [&str; 2] = ["__Host-bmh_language", "bmh_language"];
const OF_CLIENT: [&str; 2] = ["__Host-bmh_ui_locales", "bmh_ui_locales"];
const CHOICE_LIFETIME: Duration = Duration::days(365);
/// The longest path that the choice of a language returns to.
const LONGEST_PATH: usize = 4096;

/// A response with a page.
pub(crate) fn html(status: StatusCode, body: String) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .body(body)
}

/// The frame of a page that responds to this request.
pub(crate) fn frame(request: &HttpRequest) -> Frame {
    let operator = request.app_data::<web::Data<Operator>>();
    Frame {
        locale: locale(request),
        operator: operator.map_or_else(Arc::default, |data| Arc::clone(data)),
        here: here(request),
    }
}

/// The language of the user's browser.
fn locale(request: &HttpRequest) -> Locale {
    let cookie = |names: [&str; 2]| {
        let mut found = names.iter().filter_map(|name| request.cookie(name));
        found.find_map(|cookie| Locale::named(cookie.value()))
    };
    cookie(CHOSEN)
        .or_else(|| of_client(request))
        .or_else(|| cookie(OF_CLIENT))
        .unwrap_or_else(|| {
            request
                .headers()
                .get(header::ACCEPT_LANGUAGE)
                .and_then(|value| value.to_str().ok())
                .map_or(Locale::En, Locale::from_accept_language)
        })
}

/// The language that the client asked for.
fn of_client(request: &HttpRequest) -> Option<Locale> {
    if !request.path().ends_with("/authorize") {
        return None;
    }
    let query = request.query_string().as_bytes();
    let mut params = form_urlencoded::parse(query);
    let (_, tags) = params.find(|(name, _)| name == "ui_locales")?;
    Locale::from_ui_locales(&tags)
}

/// The cookie that keeps the language of the client for the rest of its sign-in.
pub(crate) fn cookie_of_client(
    request: &HttpRequest,
    is_https: bool,
    lifetime: std::time::Duration,
) -> Option<Cookie<'static>> {
    let lifetime = Duration::try_from(lifetime).ok()?;
    Some(cookie(OF_CLIENT, of_client(request)?, is_https, lifetime))
}

/// The cookie that keeps the user's choice.
pub(crate) fn cookie_of_choice(chosen: Locale, is_https: bool) -> Cookie<'static> {
    cookie(CHOSEN, chosen, is_https, CHOICE_LIFETIME)
}

fn cookie(
    [with_tls, without]: [&'static str; 2],
    locale: Locale,
    is_https: bool,
    lifetime: Duration,
) -> Cookie<'static> {
    Cookie::build(if is_https { with_tls } else { without }, locale.tag())
        .path("/")
        .http_only(true)
        .secure(is_https)
        .same_site(SameSite::Lax)
        .max_age(lifetime)
        .finish()
}

/// The path and query of the page, if it can be requested again. A callback is valid once, and no
/// other URL repeats the secret of an upload link.
fn here(request: &HttpRequest) -> Option<String> {
    let path = request.path();
    // `HEAD` has the length of the same page.
    let is_repeatable = matches!(*request.method(), Method::GET | Method::HEAD)
        && !path.ends_with("/callback")
        && path != upload_links::PATH;
    let here = request.uri().path_and_query()?.as_str();
    (is_repeatable && here.len() <= LONGEST_PATH).then(|| here.to_owned())
}
