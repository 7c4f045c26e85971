//! The wiring: from settings to a listening server.
//!
//! 1. Open the storage: the operator's PostgreSQL, or the built-in one.
//! 2. Update the schema; several processes may do this at once.
//! 3. Check that the ring has every key that sealed text needs; generate the key of the keyed
//!    checks, if there is none.
//! 4. Write the space of the environment.
//! 5. Bind, and serve until the stop signal; calls under way finish first, and a load balancer
//!    has time to notice.

pub mod advice;
mod connections;
pub mod doctor;
mod drain;
pub mod fetcher;
mod http;
pub mod key_rotation;
mod recorder;
mod scrape;
mod sites;
mod storage;

use std::{
    fmt, io,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use actix_web::{dev::Server, web};
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::{
    backlog::{BacklogClient, ClientError, ClientOptions, Observer},
    clock::Clock,
    config::{BaseUrl, Settings},
    crypto::{KeyRing, KeyRingError, SecretHasher},
    db::{
        migrate::MigrateError,
        pool::ConnectError,
        probe::{self, ProbeError},
    },
    domain::Change,
    embedded::{EmbeddedError, EmbeddedPostgres},
    fetch::FetchError,
    jobs::{
        self, BackgroundJobs,
        cleanup::Rounds,
        journal::{FlushIntervals, Writer},
    },
    mcp::{
        HubServer,
        backlog_tokens::{Accounts, RenewalContext},
        sessions::Sessions,
    },
    oauth::metadata::WaysToRegister,
    observe::SecurityEvents,
    random::Random,
    telemetry::{LogLink, TrustedPeers},
    web::{
        AppState, body_budget::BodyBudget, client_address::Proxies, client_keys::ClientKeys,
        limits::Limits, newcomers::Newcomers, ready::Readiness, response_budget::ResponseBudget,
        unchecked::Unchecked, under_way::UnderWay,
    },
};

const CONCURRENT_SECRET_HASHES: usize = 4;
/// How long the shutdown waits for the last audit events to be written.
const AUDIT_FLUSH_TIMEOUT: Duration = Duration::from_secs(5);
/// How long calls under way may take to finish after SIGTERM.
const SHUTDOWN: Duration = Duration::from_secs(30);

/// The role that the service needs, as error texts name it.
const SERVICE_ROLE: &str = "the owner of the tables or a member of hub_service";

use drain::LastResponses;
pub use storage::{OWN_KEY_FILE, migrate};
use storage::{check_key, check_keys, open_storage, write_space};

/// Why the service did not start. Each text names the setting to correct.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{0}")]
    Connect(#[from] ConnectError),
    #[error("{0}")]
    Embedded(#[from] EmbeddedError),
    #[error("cannot migrate the database: {0}")]
    Migrate(#[from] MigrateError),
    #[error("the database failed: {}", advice::explain(.0, SERVICE_ROLE))]
    Database(#[from] sqlx::Error),
    #[error(
        "DATABASE_URL does not connect directly to PostgreSQL: {}",
        probe::POOLER
    )]
    Pooler,
    #[error("ENCRYPTION_KEYS: {0}")]
    Keys(#[from] KeyRingError),
    #[error(
        "ENCRYPTION_KEYS is missing key \"{0}\", which encrypts data in this database. Add it \
         back (at the end, if it should no longer be used for new data)"
    )]
    MissingKey(String),
    #[error(
        "ENCRYPTION_KEYS has a different key under the id \"{0}\" than the one that encrypts data \
         in this database. Restore that key"
    )]
    WrongKey(String),
    #[error("cannot use the key file {}: {error}", path.display())]
    KeyFile { path: PathBuf, error: io::Error },
    #[error(
        "MCP_HTTP_HOST and MCP_HTTP_PORT: cannot listen on {address}: {error}. Stop the other \
         server on that port, or choose another port"
    )]
    Listen {
        address: SocketAddr,
        error: io::Error,
    },
    #[error("METRICS_ADDR: cannot listen on {address}: {error}")]
    Metrics {
        address: SocketAddr,
        error: io::Error,
    },
    #[error("{0}")]
    Client(#[from] ClientError),
    #[error("{0}")]
    Fetcher(#[from] FetchError),
    #[error("{0}")]
    Url(#[from] url::ParseError),
}

impl From<ProbeError> for StartError {
    fn from(error: ProbeError) -> Self {
        match error {
            ProbeError::Unheard => Self::Pooler,
            ProbeError::Database(error) => Self::Database(error),
        }
    }
}

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
    sessions: Sessions,
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
        let clock = Clock::system();
        let random = Random::system();
        let socket = bind(settings.listen)?;
        let address = socket.local_addr().map_err(|error| StartError::Listen {
            address: settings.listen,
            error,
        })?;
        let base_url = settings
            .base_url
            .unwrap_or_else(|| BaseUrl::loopback(address));

        // Fails before a cluster is created for a service that cannot start.
        if let Some(given) = settings.storage.given_keys() {
            KeyRing::parse(given, random.clone())?;
        }
        let storage = open_storage(settings.storage, &random, progress).await?;
        let keys = Arc::new(KeyRing::parse(&storage.keys, random.clone())?);
        check_keys(&storage.db, &keys).await?;
        let check_key = check_key(&storage.db, &keys, &random).await?;
        if let Some(space) = &settings.default_space {
            write_space(&storage.db, space, &keys, &clock, &random).await?;
        }

        let observe = settings.observe;
        let (recorder, journal) = recorder::of_settings(&observe);
        let metrics = match observe.metrics {
            None => None,
            Some(address) => Some(scrape::listen(address, &recorder, &storage.db)?),
        };
        let is_loopback = !base_url.is_https();
        let of_environment = settings.default_space.map(|space| space.url);
        let sites = sites::of_hub(&storage.db, settings.sites, of_environment, is_loopback).await?;
        sites::warn_of_wrong_spaces(&storage.db, &sites).await?;
        let backlog = BacklogClient::observed(ClientOptions::default(), clock.clone(), {
            let metrics = recorder.metrics.clone();
            Some(Observer::new(move |one| {
                metrics.backlog_request(one.class.as_str(), one.outcome, one.took);
            }))
        })?
        .within(sites);
        let sessions = Sessions::new(RenewalContext {
            db: storage.db.clone(),
            keys: Arc::clone(&keys),
            backlog: backlog.clone(),
            clock: clock.clone(),
            random: random.clone(),
            callback: Url::parse(&format!("{}/callback", base_url.as_str()))?,
            tasks: TaskTracker::new(),
            recorder: recorder.clone(),
            accounts: Accounts::default(),
        });
        let secret_given = Arc::new(Notify::new());
        let listener = tokio::spawn(jobs::listener::run(storage.db.clone(), random.clone(), {
            let (sessions, secret_given) = (sessions.clone(), Arc::clone(&secret_given));
            let metrics = recorder.metrics.clone();
            move |change| {
                match change {
                    Change::ListeningBegan => metrics.listening(true),
                    Change::ListeningEnded => metrics.listening(false),
                    Change::Secret
                    | Change::Space
                    | Change::Grant(_)
                    | Change::Account(_)
                    | Change::Token(_) => {}
                }
                if matches!(change, Change::Secret | Change::ListeningBegan) {
                    secret_given.notify_one();
                }
                let sessions = sessions.clone();
                async move { sessions.apply(&change).await }
            }
        }));
        let secrets = tokio::spawn(jobs::secrets::run(
            storage.db.clone(),
            Arc::clone(&keys),
            secret_given,
        ));
        let trusted = TrustedPeers::new(&settings.trusted_proxies);
        let hub = web::Data::new(AppState {
            base_url: base_url.clone(),
            mcp_path: settings.mcp_path.clone(),
            allowed_hosts: settings.allowed_hosts,
            allowed_origins: settings.allowed_origins,
            lifetimes: settings.lifetimes,
            policy: settings.tools.policy,
            db: storage.db.clone(),
            keys,
            check_key,
            secrets: SecretHasher::new(CONCURRENT_SECRET_HASHES, random.clone()),
            backlog: backlog.clone(),
            sessions: sessions.clone(),
            fetcher: fetcher::open(&settings.clients, is_loopback, &clock)?,
            ways_to_register: WaysToRegister {
                documents: settings.clients.documents,
                dynamic: settings.clients.registration,
            },
            body_budget: BodyBudget::default(),
            under_way: UnderWay::new(is_loopback),
            newcomers: Newcomers::default(),
            client_keys: ClientKeys::default(),
            limits: Limits::new(
                Proxies::new(trusted.clone()),
                settings.grant_quota,
                settings.registrations_per_minute,
                is_loopback,
            ),
            unchecked: Unchecked::default(),
            readiness: Readiness::default(),
            response_budget: ResponseBudget::default(),
            clock: clock.clone(),
            random: random.clone(),
            recorder: recorder.clone(),
            demo_backlog,
        });
        let cleanup = tokio::spawn(jobs::cleanup::run(
            storage.db.clone(),
            Rounds {
                every: observe.cleanup_every,
                grant_max_age: settings.lifetimes.grant,
                early: hub.newcomers.many(),
            },
            random.clone(),
            clock.clone(),
            recorder.metrics.clone(),
            {
                let hub = hub.clone();
                move || hub.limits.forget_quiet()
            },
        ));
        let retention = tokio::spawn(jobs::retention::run(
            storage.db.clone(),
            observe.retention_every,
            random,
            observe.audit_retention,
        ));
        let histogram_upkeep = tokio::spawn(scrape::sum_up(recorder.clone()));
        let flush_intervals = FlushIntervals {
            events: observe.events_every,
            uses: observe.uses_every,
        };
        let journal = Writer::start(
            storage.db.clone(),
            journal,
            recorder.security.clone(),
            flush_intervals,
        );
        let failed = |error| StartError::Listen { address, error };
        let security = recorder.security.clone();
        let listening = socket.try_clone().map_err(failed)?;
        let last_responses = LastResponses::default();
        let server = http::serve(
            socket,
            last_responses.clone(),
            hub,
            HubServer::new(backlog, clock)
                .with_options(settings.tools.options)
                .with_recorder(recorder),
            trusted,
            settings.http_timeouts,
        )
        .map_err(failed)?;
        Ok(Self {
            server,
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
            jobs: BackgroundJobs {
                listener,
                secrets,
                cleanup,
                retention,
                histogram_upkeep,
            },
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

fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).map_err(|error| StartError::Listen { address, error })
}
