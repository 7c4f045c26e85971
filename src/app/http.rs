//! The HTTP server around the routes. A request passes, from the outside in:
//!
//! 1. `telemetry::request_id`: assigns an id, which every log line below contains.
//! 2. [`TracingLogger`]: opens a span, and logs a failed request.
//! 3. `web::measure`: records metrics, and a security event for a rejected request.
//! 4. `web::host_guard`: rejects a foreign host, and adds strict headers to every response.
//! 5. `web::under_way`: limits the requests under way of one network.
//! 6. `web::content_coding`: rejects a compressed body.
//! 7. `web::slow_body`: limits how long the body may take.
//! 8. `app::drain`: marks the last response on a connection.
//! 9. `web::routes`: the endpoint.
//!
//! actix calls the middleware that was wrapped last first, so the code below reads from 8 up to 1.
//! Before all of it, `app::connections` counts the connection.

use std::{io, net::TcpListener};

use actix_web::{App, HttpServer, dev::Server, middleware::from_fn, web};
use tracing_actix_web::TracingLogger;

use super::{SHUTDOWN, connections::Connections, drain::LastResponses};
use crate::{
    config::HttpTimeouts,
    mcp::HubServer,
    telemetry::{Refusals, RequestSpan, TrustedPeers, request_id},
    web::{
        AppState, KEEP_ALIVE, content_coding, host_guard, measure, routes, slow_body, under_way,
    },
};

/// Serves the hub on `socket`.
pub(super) fn serve(
    socket: TcpListener,
    last_responses: LastResponses,
    hub: web::Data<AppState>,
    mcp: HubServer,
    trusted: TrustedPeers,
    timeouts: HttpTimeouts,
) -> io::Result<Server> {
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
                slow_body::bound(timeouts.body, request, next)
            }))
            .wrap(from_fn(content_coding::refuse))
            .wrap(from_fn(under_way::bound))
            .wrap(from_fn(host_guard::guard))
            .wrap(from_fn(measure::measure))
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
