//! `HEAD` in addition to `GET` (RFC 9110 §9.1): monitors use it by default.

use actix_web::{HttpResponse, Route, body, guard, web};

/// For endpoints whose `GET` only reads: the server omits the body.
pub fn get_or_head() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// For endpoints whose `GET` is a step of a sign-in: the endpoint exists, and nothing happens.
pub fn head() -> Route {
    web::head().to(async || {
        HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .body(body::None::new())
    })
}
