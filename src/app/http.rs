//! The HTTP server around the routes. A request passes, from the outside in:
//!
//! 1. `telemetry::request_id`: it gets its id, which everything below tells.
//! 2. [`TracingLogger`]: its span, and a log line if it fails.
//! 3. `web::measure`: metrics, and security events if it is refused.
//! 4. `web::host_guard`: is the host ours? Strict headers on every answer.
//! 5. `web::under_way`: whether its network has too many requests under way.
//! 6. `web::content_coding`: a body that would have to be inflated is refused.
//! 7. `web::slow_body`: how long its body may take.
//! 8. `app::drain`: whether this is the last answer of its connection.
//! 9. `web::routes`: the endpoint.
//!
//! actix calls what was wrapped last first, so the code below reads from 8 up to 1. Before any of
//! it, `app::connections` counts the connection.

use std::{io, net::TcpListener};

use actix_web::{App, HttpServer, dev::Server, middleware::from_fn, web};
use tracing_actix_web::TracingLogger;

use super::{SHUTDOWN, connections::Connections, drain::LastAnswers};
use crate::{
    config::Patience,
    mcp::HubServer,
    telemetry::{Refusals, RequestSpan, TrustedPeers, request_id},
    web::{
        AppState, KEEP_ALIVE, content_coding, host_guard, measure, routes, slow_body, under_way,
    },
};

/// Serves the hub on `socket`.
pub(super) fn serve(
    socket: TcpListener,
    last_answers: LastAnswers,
    hub: web::Data<AppState>,
    mcp: HubServer,
    trusted: TrustedPeers,
    patience: Patience,
) -> io::Result<Server> {
    let random = hub.random.clone();
    let refusals = Refusals::default();
    let connections = Connections::new(hub.clone());
    let server = HttpServer::new(move || {
        let random = random.clone();
        let last_answers = last_answers.clone();
        App::new()
            .app_data(trusted.clone())
            .app_data(refusals.clone())
            .configure(|config| routes::configure(config, &hub, &mcp))
            .wrap(from_fn(move |request, next| {
                last_answers.clone().tell(request, next)
            }))
            .wrap(from_fn(move |request, next| {
                slow_body::bound(patience.body, request, next)
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
    .client_request_timeout(patience.headers)
    .keep_alive(KEEP_ALIVE)
    .tcp_nodelay(true)
    // Who hangs up wants no answer: what is under way for it stops.
    .h1_allow_half_closed(false)
    .listen(socket)?
    .run();
    Ok(server)
}
