//! The wiring: from settings to a listening server.
//!
//! 1. Bind the socket; raise the limit on open files ([`open_files`]).
//! 2. Open the storage ([`storage`]): the operator's PostgreSQL, or the built-in one; its schema,
//!    its keys, and the space of the environment.
//! 3. Make the services that requests and jobs share ([`services`]), and the state of the handlers.
//! 4. Start the jobs ([`background`]).
//! 5. Serve until the stop signal; calls under way finish first, and a load balancer has time to
//!    notice.

mod background;
mod connections;
pub mod doctor;
mod drain;
mod error;
pub mod fetcher;
mod http;
pub mod key_rotation;
mod open_files;
mod recorder;
mod scrape;
mod services;
mod sites;
mod socket;
mod sources;
mod storage;

use std::{
    fmt, io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix_web::{dev::Server, web};
use sqlx::PgPool;
use url::Url;

use crate::{
    accounts::{session_cache::SessionCache, upload_links::UploadLinks},
    audit::{SecurityEvents, writer::Writer},
    config::{BaseUrl, Settings},
    jobs::BackgroundJobs,
    mcp::server::HubServer,
    telemetry::LogLink,
};
use drain::LastResponses;
use http::{HttpService, SHUTDOWN};
use services::Services;
use socket::Socket;
use sources::Sources;
use storage::OpenStorage;

use embedded_postgres::EmbeddedPostgres;
pub use error::StartError;
pub use storage::{OWN_KEY_FILE, migrate};

/// How long the shutdown waits for the last audit events to be written.
const AUDIT_FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// The service, bound and ready to run.
pub struct Application {
    server: Server,
    listening: TcpListener,
    last_responses: LastResponses,
    drain_for: Duration,
    link: LogLink,
    security: SecurityEvents,
    address: SocketAddr,
    base_url: BaseUrl,
    mcp_path: String,
    db: PgPool,
    sessions: SessionCache,
    jobs: BackgroundJobs,
    journal: Writer,
    metrics: Option<(Server, SocketAddr)>,
    postgres: Option<EmbeddedPostgres>,
}

impl Application {
    /// Opens everything that the settings name. `progress` receives the steps that take long.
    /// The connect page shows `demo_backlog`.
    pub async fn build(
        settings: Settings,
        demo_backlog: Option<Url>,
        progress: impl Fn(&str),
    ) -> Result<Self, StartError> {
        let sources = Sources::system();
        let socket = Socket::bind(settings.listen)?;
        let address = socket.address;
        let base_url = settings.base_url.clone();
        let base_url = base_url.unwrap_or_else(|| BaseUrl::loopback(address));
        let storage = OpenStorage::open(&settings, &sources, progress).await?;

        let (recorder, journal) = recorder::of_settings(&settings.observe);
        let services = Services::new(&settings, &base_url, &storage, recorder, sources).await?;
        let hub = services.state(&settings, &base_url, &storage, demo_backlog)?;
        let hub = web::Data::new(hub);
        let metrics = scrape::listen(settings.observe.metrics, &hub)?;
        let jobs = background::spawn(&settings, &storage, &services, &hub);
        let journal = background::write(&settings.observe, &storage, &services, journal);

        let listening = socket.share()?;
        let last_responses = LastResponses::default();
        let security = services.recorder.security.clone();
        let sessions = services.sessions.clone();
        let uploads = UploadLinks {
            db: storage.db.clone(),
            check_key: storage.check_key.clone(),
            clock: services.sources.clock.clone(),
            random: services.sources.random.clone(),
        };
        let mcp = HubServer::new(services.backlog, services.sources.clock)
            .with_options(settings.tools.options)
            .with_keys(Arc::clone(&storage.keys))
            .with_uploads(uploads)
            .with_recorder(services.recorder);
        let service = HttpService {
            hub,
            mcp,
            trusted: services.trusted,
            timeouts: settings.http_timeouts,
            last_responses: last_responses.clone(),
        };
        Ok(Self {
            server: socket.serve(service)?,
            listening,
            last_responses,
            drain_for: Duration::ZERO,
            link: LogLink::default(),
            security,
            address,
            base_url,
            mcp_path: settings.mcp_path,
            db: storage.db,
            sessions,
            jobs,
            journal,
            metrics,
            postgres: storage.postgres,
        })
    }

    /// The address on which it listens, with the port that was bound if the setting is 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of the metrics, if they are served.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(|(_, address)| *address)
    }

    pub fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    pub fn mcp_url(&self) -> String {
        format!("{}{}", self.base_url.as_str(), self.mcp_path)
    }

    /// Sets how long it keeps responding on open connections after the stop signal, while it
    /// refuses new ones, so that a load balancer switches to other replicas. `link` silences the
    /// log about refused connections.
    #[must_use]
    pub fn draining_for(mut self, time: Duration, link: LogLink) -> Self {
        self.drain_for = time;
        self.link = link;
        self
    }

    /// Serves until `stop` is ready, then lets calls under way finish.
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> io::Result<()> {
        let metrics = self.metrics.map(|(server, _)| {
            let handle = server.handle();
            tokio::spawn(server);
            handle
        });
        let unreadable = tokio::spawn(recorder::count_unreadable(
            self.security.clone(),
            self.link.unreadable.clone(),
        ));
        let handle = self.server.handle();
        let server = tokio::spawn(self.server);
        tokio::pin!(server);
        tokio::select! {
            ended = &mut server => return ended.unwrap_or_else(|error| Err(io::Error::other(error))),
            () = stop => {}
        }
        tracing::info!("stopping; calls under way may finish");
        if !self.drain_for.is_zero() {
            drain::drain(
                &handle,
                self.listening,
                &self.last_responses,
                self.drain_for,
                &self.link.draining,
            )
            .await;
        }
        self.sessions.end_subscriptions();
        handle.stop(true).await;
        let ended = server.await;
        self.sessions.drain(SHUTDOWN).await;
        self.journal.finish(AUDIT_FLUSH_TIMEOUT).await;
        if let Some(metrics) = metrics {
            metrics.stop(false).await;
        }
        unreadable.abort();
        self.jobs.abort();
        self.db.close().await;
        if let Some(postgres) = self.postgres {
            postgres.stop().await.map_err(io::Error::other)?;
        }
        ended.unwrap_or_else(|error| Err(io::Error::other(error)))
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application")
            .field("address", &self.address)
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}
