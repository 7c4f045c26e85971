//! CORS for the endpoints that browser-based clients call. The pages have none.

use actix_cors::Cors;
use actix_web::http::{Method, header};

use crate::web::AppState;

/// Responds to preflight requests before any authentication.
pub fn for_clients(hub: &AppState) -> Cors {
    let cors = if hub.allowed_origins.is_empty() {
        // No cookie is read here, so any origin may call with its own token.
        Cors::default().allow_any_origin().send_wildcard()
    } else {
        hub.allowed_origins
            .iter()
            .fold(Cors::default(), |cors, origin| cors.allowed_origin(origin))
    };
    cors.allowed_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        // Tracing and future protocol versions add headers that no list contains. No cookie is
        // read, so none of them is harmful.
        .allow_any_header()
        .expose_headers([
            header::WWW_AUTHENTICATE,
            header::RETRY_AFTER,
            header::HeaderName::from_static("x-request-id"),
            header::HeaderName::from_static("mcp-protocol-version"),
            header::HeaderName::from_static("mcp-session-id"),
        ])
        .max_age(3600)
}
