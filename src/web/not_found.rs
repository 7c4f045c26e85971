//! All other paths: a page for a browser, JSON for a client. The status is always 404, because
//! clients that probe well-known paths continue only after a 4xx.

use actix_web::{HttpRequest, HttpResponse, ResponseError, http::header};

use super::{error::PageError, pages::Problem};

pub async fn any(request: HttpRequest) -> HttpResponse {
    let wants_html = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    if wants_html {
        PageError::new(&request, Problem::NotFound).error_response()
    } else {
        HttpResponse::NotFound().json(serde_json::json!({ "error": "not_found" }))
    }
}
