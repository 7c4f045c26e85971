//! Pages as responses, in the language of the user's browser.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
};

use super::pages::Locale;

/// A response with a page.
pub fn html(status: StatusCode, body: String) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .body(body)
}

/// The language of the user's browser.
pub fn locale(request: &HttpRequest) -> Locale {
    request
        .headers()
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .map_or(Locale::En, Locale::from_accept_language)
}
