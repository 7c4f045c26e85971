//! `HEAD` beside `GET` (RFC 9110 §9.1): monitors use it by default.

use actix_web::{HttpResponse, Route, body, guard, web};

/// For what a `GET` only reads: the server leaves the body out.
pub fn get_or_head() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// For where a `GET` is a step of a sign-in: the endpoint is there, and nothing happens.
pub fn head() -> Route {
    web::head().to(async || {
        HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .body(body::None::new())
    })
}
