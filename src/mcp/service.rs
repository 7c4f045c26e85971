//! The MCP server behind actix-web: stateless, one JSON answer per request.
//!
//! The HTTP layer authenticates first and leaves the [`Caller`] in the
//! request's extensions. When the inner service has answered, the layer looks
//! at the caller's [`Verdict`](super::Verdict): a refusal there replaces the
//! answer by a 401 or 403 with a challenge.

use std::sync::Arc;

use actix_web::HttpMessage;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp_actix_web::transport::StreamableHttpService;
use tracing::Span;

use super::{Caller, HubServer};

/// The service to mount with `scope` or `scope_with_path`.
///
/// `allowed_hosts` are the `Host` headers that are accepted; an empty list
/// accepts every host, for where something else has checked them. `max_body` is in bytes.
pub fn service(
    server: HubServer,
    allowed_hosts: Vec<String>,
    max_body: usize,
) -> StreamableHttpService<HubServer, NeverSessionManager> {
    StreamableHttpService::builder()
        .service_factory(Arc::new(move || Ok(server.clone())))
        .session_manager(Arc::new(NeverSessionManager::default()))
        .stateful_mode(false)
        .json_response(true)
        .disable_sse_retry()
        .max_request_body_bytes(max_body)
        .allowed_hosts(allowed_hosts)
        .on_request_fn(|request, extensions| {
            // The call runs in a task of its own, which is to be below the request's span.
            extensions.insert(Span::current());
            if let Some(caller) = request.extensions().get::<Caller>() {
                extensions.insert(caller.clone());
            }
        })
        .build()
}

/// The service of a server that has its one caller: nobody authenticates, so the hosts
/// and, where a browser says one, the origin decide who may call. Without a list of
/// origins, those of loopback may. Unless `json_response`, answers are streams of events.
pub fn local_service(
    server: HubServer,
    allowed_hosts: Vec<String>,
    allowed_origins: Vec<String>,
    json_response: bool,
    max_body: usize,
) -> StreamableHttpService<HubServer, NeverSessionManager> {
    let origins = if allowed_origins.is_empty() {
        ["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"]
            .map(str::to_owned)
            .into()
    } else {
        allowed_origins
    };
    StreamableHttpService::builder()
        .service_factory(Arc::new(move || Ok(server.clone())))
        .session_manager(Arc::new(NeverSessionManager::default()))
        .stateful_mode(false)
        .json_response(json_response)
        .disable_sse_retry()
        .max_request_body_bytes(max_body)
        .allowed_hosts(allowed_hosts)
        .allowed_origins(origins)
        .build()
}
