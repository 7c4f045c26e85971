//! CORS for the endpoints that browser-based clients call. The pages get none.

use actix_cors::Cors;
use actix_web::http::{Method, header};

use super::Hub;

/// Preflights are answered here, before any authentication.
pub fn for_clients(hub: &Hub) -> Cors {
    let cors = if hub.allowed_origins.is_empty() {
        // Nothing here reads a cookie, so any origin may call with its own token.
        Cors::default().allow_any_origin().send_wildcard()
    } else {
        hub.allowed_origins
            .iter()
            .fold(Cors::default(), |cors, origin| cors.allowed_origin(origin))
    };
    cors.allowed_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        // Whatever a client sends: its tracing adds headers that no list has all of, those of a
        // protocol version to come among them. No cookie is read, so none of them does harm.
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
