//! The local modes: the API keys of one user, without sign-in and database.
//!
//! Every call acts as the user of the key. The HTTP server therefore listens on loopback by
//! default, requires a token ([`token`]), and checks Host and Origin: a web page must not reach it
//! through the user's browser (DNS rebinding).

pub mod token;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{App, HttpServer, dev::Server, middleware::from_fn, web};
use backlog_client::{BacklogClient, ClientError, ClientOptions, Credentials};
use foundation::{clock::Clock, random::Random};
use oauth_values::Scopes;
use rmcp::ServiceExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tracing_actix_web::TracingLogger;

use crate::{
    accounts::access::{BacklogAccess, FixedAccess},
    calls::{
        caller::{Caller, ChallengeSlot},
        organizations::{Organization, Organizations},
    },
    config::{LocalBacklog, LocalSettings, LocalSpace, LocalSpaces},
    mcp::{self, server::HubServer, stdio::Stdio},
    telemetry::{RequestSpan, request_id},
    web::{
        KEEP_ALIVE, health,
        mcp::endpoint::MAX_BODY,
        middleware::{content_coding, head_method},
        not_found,
    },
};
use token::{Admission, Guard, Unkept};

/// How long calls under way may take to finish when the server stops.
const SHUTDOWN: Duration = Duration::from_secs(30);

#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    #[error("{0}")]
    Client(#[from] ClientError),
    #[error(transparent)]
    Token(#[from] Unkept),
    #[error("MCP_HTTP_HOST and MCP_HTTP_PORT: cannot listen on {address}: {error}")]
    Listen {
        address: SocketAddr,
        error: io::Error,
    },
    #[error("the client on standard input does not speak MCP: {0}")]
    Handshake(String),
}

/// Serves one client on standard input and output until it hangs up.
pub async fn stdio(backlog: LocalBacklog) -> Result<(), LocalError> {
    let (input, output) = rmcp::transport::stdio();
    connection(backlog, Clock::system(), input, output).await
}

/// Serves one client, whose messages are lines, until it hangs up.
pub async fn connection(
    backlog: LocalBacklog,
    clock: Clock,
    input: impl AsyncRead + Send + Unpin + 'static,
    output: impl AsyncWrite + Send + Unpin + 'static,
) -> Result<(), LocalError> {
    let running = server(backlog, clock)?
        .serve(Stdio::new(input, output))
        .await
        .map_err(|error| LocalError::Handshake(error.to_string()))?;
    running
        .waiting()
        .await
        .map_err(|error| LocalError::Handshake(error.to_string()))?;
    Ok(())
}

/// The local HTTP server, bound and ready to run.
pub struct LocalServer {
    pub server: Server,
    pub address: SocketAddr,
    pub admission: Admission,
}

/// Binds the local HTTP server.
///
/// # Errors
/// If it cannot listen at the address, or cannot keep its token.
pub fn http(settings: LocalSettings) -> Result<LocalServer, LocalError> {
    let failed = |error| LocalError::Listen {
        address: settings.listen,
        error,
    };
    let socket = std::net::TcpListener::bind(settings.listen).map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    let (guard, admission) = Guard::new(settings.auth, &Random::system())?;
    let hosts = hosts(&settings.allowed_hosts);
    let origins = origins(settings.allowed_origins, address.port());
    let server = server(settings.backlog, Clock::system())?;
    let json = settings.json_response;
    let path = settings.mcp_path;
    let http = HttpServer::new(move || {
        let mcp = {
            let (server, hosts, origins) = (server.clone(), hosts.clone(), origins.clone());
            mcp::local_service(server, hosts, origins, json, MAX_BODY)
        };
        let guard = guard.clone();
        App::new()
            .wrap(from_fn(content_coding::refuse))
            .wrap(TracingLogger::<RequestSpan>::new())
            .wrap(from_fn(|request, next| {
                request_id::identify(Random::system(), request, next)
            }))
            .route("/health", head_method::get_or_head().to(health::get))
            .service(
                web::scope(&path)
                    .wrap(from_fn(move |request, next| {
                        guard.clone().check(request, next)
                    }))
                    .service(mcp.scope("")),
            )
            .default_service(web::to(not_found::any))
    })
    .disable_signals()
    .shutdown_timeout(SHUTDOWN.as_secs())
    .keep_alive(KEEP_ALIVE)
    .tcp_nodelay(true)
    // A client that hangs up needs no response: its call under way is canceled.
    .h1_allow_half_closed(false)
    .listen(socket)
    .map_err(|error| LocalError::Listen { address, error })?
    .run();
    Ok(LocalServer {
        server: http,
        address,
        admission,
    })
}

fn server(backlog: LocalBacklog, clock: Clock) -> Result<HubServer, ClientError> {
    let client = BacklogClient::new(ClientOptions::default())?;
    let server = HubServer::new(client, clock).with_options(backlog.tools.options);
    let (server, access) = match backlog.spaces {
        LocalSpaces::One(space) => (server, access(space)),
        LocalSpaces::Several(settings) => {
            let organization = |(name, space): (String, LocalSpace)| Organization {
                name,
                domain: space.domain.clone(),
                access: access(space),
            };
            let all = settings.all.into_iter().map(organization).collect();
            let organizations = Organizations::new(all, settings.default);
            let default = organizations.default_access();
            (server.with_organizations(organizations), default)
        }
    };
    Ok(server.for_caller(Caller {
        scopes: Scopes::all(),
        policy: backlog.tools.policy,
        access,
        challenge: ChallengeSlot::default(),
        account_url: None,
        subscriber: None,
    }))
}

fn access(space: LocalSpace) -> Arc<dyn BacklogAccess> {
    Arc::new(FixedAccess::new(
        space.url,
        Credentials::ApiKey(space.api_key),
    ))
}

/// The names of loopback, and those that the operator lists.
fn hosts(allowed: &[String]) -> Vec<String> {
    ["localhost", "localhost.", "127.0.0.1", "[::1]"]
        .into_iter()
        .map(str::to_owned)
        .chain(allowed.iter().cloned())
        .collect()
}

/// The origins that the operator lists; by default the server's own, which no page at another port
/// has.
fn origins(allowed: Vec<String>, port: u16) -> Vec<String> {
    match allowed.as_slice() {
        [] => ["localhost", "127.0.0.1", "[::1]"]
            .map(|host| format!("http://{host}:{port}"))
            .into(),
        _ => allowed,
    }
}
