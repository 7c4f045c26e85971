//! `GET /static/hub.css`.

use actix_web::{HttpResponse, http::header};

use super::pages::STYLESHEET;

pub async fn get() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .body(STYLESHEET)
}
