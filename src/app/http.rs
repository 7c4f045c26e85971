//! The HTTP server around the routes. A request passes, from the outside in:
//!
//! 1. `telemetry::request_id`: assigns an id, which every log line below contains.
//! 2. [`TracingLogger`]: opens a span, and logs a failed request.
//! 3. `web::measure`: records metrics, and a security event for a rejected request.
//! 4. `web::host_guard`: rejects a foreign host, and adds strict headers to every response.
//! 5. `web::request_limit`: limits the requests under way of one network.
//! 6. `web::content_coding`: rejects a compressed body.
//! 7. `web::slow_body`: limits how long the body may take.
//! 8. `app::drain`: marks the last response on a connection.
//! 9. `web::routes`: the endpoint.
//!
//! actix calls the middleware that was wrapped last first, so the code below reads from 8 up to 1.
//! Before all of it, `app::connections` counts the connection.

use std::{io, net::TcpListener, time::Duration};

use actix_web::{App, HttpServer, dev::Server, middleware::from_fn, web};
use tracing_actix_web::TracingLogger;

use super::{connections::Connections, drain::LastResponses};
use crate::{
    config::HttpTimeouts,
    mcp::server::HubServer,
    telemetry::{Refusals, RequestSpan, TrustedPeers, request_id},
    web::{
        AppState, KEEP_ALIVE,
        middleware::{body_timeout, content_coding, host_guard, request_limit, request_metrics},
        routes,
    },
};

/// How long calls under way may take to finish after SIGTERM.
pub(super) const SHUTDOWN: Duration = Duration::from_secs(30);

/// The hub as an HTTP service.
pub(super) struct HttpService {
    pub hub: web::Data<AppState>,
    pub mcp: HubServer,
    pub trusted: TrustedPeers,
    pub timeouts: HttpTimeouts,
    pub last_responses: LastResponses,
}

impl HttpService {
    /// Serves on `socket`.
    pub(super) fn listen(self, socket: TcpListener) -> io::Result<Server> {
        let Self {
            hub,
            mcp,
            trusted,
            timeouts,
            last_responses,
        } = self;
        let random = hub.random.clone();
        let refusals = Refusals::default();
        let connections = Connections::new(hub.clone());
        let server = HttpServer::new(move || {
            let random = random.clone();
            let last_responses = last_responses.clone();
            App::new()
                .app_data(trusted.clone())
                .app_data(refusals.clone())
                .configure(|config| routes::configure(config, &hub, &mcp))
                .wrap(from_fn(move |request, next| {
                    last_responses.clone().mark(request, next)
                }))
                .wrap(from_fn(move |request, next| {
                    body_timeout::bound(timeouts.body, request, next)
                }))
                .wrap(from_fn(content_coding::refuse))
                .wrap(from_fn(request_limit::bound))
                .wrap(from_fn(host_guard::guard))
                .wrap(from_fn(request_metrics::measure))
                .wrap(TracingLogger::<RequestSpan>::new())
                .wrap(from_fn(move |request, next| {
                    request_id::identify(random.clone(), request, next)
                }))
        })
        .on_connect(move |connection, data| connections.opened(connection, data))
        .disable_signals()
        .shutdown_timeout(SHUTDOWN.as_secs())
        .client_request_timeout(timeouts.headers)
        .keep_alive(KEEP_ALIVE)
        .tcp_nodelay(true)
        // A client that hangs up needs no response: its call under way is canceled.
        .h1_allow_half_closed(false)
        .listen(socket)?
        .run();
        Ok(server)
    }
}
