//! The wiring: from settings to a listening server.
//!
//! 1. Open the storage: the given PostgreSQL, or the hub's own.
//! 2. Bring the schema up to date; several processes may do this at once.
//! 3. Check that every key that stored text needs is in the ring.
//! 4. Write the default space of the environment.
//! 5. Bind, and serve until told to stop; calls under way finish first.

use std::{
    fmt, io,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use actix_web::{App, HttpServer, dev::Server, middleware::from_fn, web};
use secrecy::SecretString;
use sqlx::{Connection, PgConnection, PgPool};
use tokio_util::task::TaskTracker;
use tracing_actix_web::TracingLogger;
use url::Url;

use crate::{
    backlog::{BacklogClient, ClientError, ClientOptions},
    clock::Clock,
    config::{BaseUrl, DefaultSpaceSettings, Settings, Storage},
    crypto::{KeyRing, KeyRingError, SecretHasher},
    db::{self, migrate::MigrateError, pool::ConnectError, spaces::DefaultSpace},
    domain::SpaceId,
    embedded::{EmbeddedError, EmbeddedPostgres},
    fetch::{FetchError, Fetcher},
    jobs,
    mcp::{
        HubServer, backlog_tokens::Renewals, sessions::Sessions, space_application::secret_place,
    },
    random::Random,
    telemetry::RequestSpan,
    web::{Hub, client_keys::ClientKeys, host_guard, limits::Limits, routes},
};

const MAX_DATABASE_CONNECTIONS: u32 = 20;
const CONCURRENT_SECRET_HASHES: usize = 4;
/// How long calls under way may take to finish after SIGTERM.
const SHUTDOWN: Duration = Duration::from_secs(30);
/// A client that has not sent its headers by then is a slow loris.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(10);
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// Why the service did not start. Each names the setting to mend.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("DATABASE_URL {0}")]
    Connect(#[from] ConnectError),
    #[error("{0}")]
    Embedded(#[from] EmbeddedError),
    #[error("the database could not be migrated: {0}")]
    Migrate(#[from] MigrateError),
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("ENCRYPTION_KEYS {0}")]
    Keys(#[from] KeyRingError),
    #[error(
        "ENCRYPTION_KEYS lacks the key \"{0}\", with which text in the database is sealed; \
         put it back, at the end if it is no longer to seal"
    )]
    MissingKey(String),
    #[error("the key file {} cannot be used: {error}", path.display())]
    KeyFile { path: PathBuf, error: io::Error },
    #[error(
        "MCP_HTTP_HOST and MCP_HTTP_PORT: cannot listen on {address}: {error}; \
         is another server on that port?"
    )]
    Listen {
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

/// The service, bound and ready to run.
pub struct Application {
    server: Server,
    address: SocketAddr,
    base_url: BaseUrl,
    mcp_path: String,
    db: PgPool,
    sessions: Sessions,
    jobs: [tokio::task::JoinHandle<()>; 2],
    postgres: Option<EmbeddedPostgres>,
}

impl Application {
    /// Opens everything the settings name. `progress` is told what takes long.
    /// `demo_backlog` is shown on the connect page.
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

        let storage = open_storage(settings.storage, &random, progress).await?;
        let keys = Arc::new(KeyRing::parse(&storage.keys, random.clone())?);
        check_keys(&storage.db, &keys).await?;
        if let Some(space) = &settings.default_space {
            write_default_space(&storage.db, space, &keys, &clock, &random).await?;
        }

        let backlog = BacklogClient::new(ClientOptions::default())?;
        let sessions = Sessions::new(Renewals {
            db: storage.db.clone(),
            keys: Arc::clone(&keys),
            backlog: backlog.clone(),
            clock: clock.clone(),
            callback: Url::parse(&format!("{}/callback", base_url.as_str()))?,
            tasks: TaskTracker::new(),
        });
        let listener = tokio::spawn(jobs::listener::run(storage.db.clone(), {
            let sessions = sessions.clone();
            move |change| {
                let sessions = sessions.clone();
                async move { sessions.apply(&change).await }
            }
        }));
        let is_loopback = !base_url.is_https();
        let hub = web::Data::new(Hub {
            base_url: base_url.clone(),
            mcp_path: settings.mcp_path.clone(),
            allowed_hosts: settings.allowed_hosts,
            allowed_origins: settings.allowed_origins,
            lifetimes: settings.lifetimes,
            db: storage.db.clone(),
            keys,
            secrets: SecretHasher::new(CONCURRENT_SECRET_HASHES, random.clone()),
            backlog: backlog.clone(),
            sessions: sessions.clone(),
            fetcher: Fetcher::new(is_loopback, clock.clone())?,
            client_keys: ClientKeys::default(),
            limits: Limits::new(settings.trusted_proxies, is_loopback),
            clock: clock.clone(),
            random: random.clone(),
            demo_backlog,
        });
        let cleanup = tokio::spawn(jobs::cleanup::run(storage.db.clone(), random, {
            let hub = hub.clone();
            move || hub.limits.forget_quiet()
        }));
        let server = serve(socket, hub, HubServer::new(backlog, clock))
            .map_err(|error| StartError::Listen { address, error })?;
        Ok(Self {
            server,
            address,
            base_url,
            mcp_path: settings.mcp_path,
            db: storage.db,
            sessions,
            jobs: [listener, cleanup],
            postgres: storage.postgres,
        })
    }

    /// Where it listens; tells the port if the settings said 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    pub fn mcp_url(&self) -> String {
        format!("{}{}", self.base_url.as_str(), self.mcp_path)
    }

    /// Serves until `stop` is ready, then lets what is under way finish.
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> io::Result<()> {
        let handle = self.server.handle();
        let server = tokio::spawn(self.server);
        tokio::pin!(server);
        tokio::select! {
            ended = &mut server => return ended.unwrap_or_else(|error| Err(io::Error::other(error))),
            () = stop => {}
        }
        tracing::info!("stopping; calls under way may finish");
        handle.stop(true).await;
        let ended = server.await;
        self.sessions.drain(SHUTDOWN).await;
        for job in &self.jobs {
            job.abort();
        }
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

fn serve(socket: TcpListener, hub: web::Data<Hub>, mcp: HubServer) -> io::Result<Server> {
    let server = HttpServer::new(move || {
        App::new()
            .configure(|config| routes::configure(config, &hub, &mcp))
            .wrap(from_fn(host_guard::guard))
            .wrap(TracingLogger::<RequestSpan>::new())
    })
    .disable_signals()
    .shutdown_timeout(SHUTDOWN.as_secs())
    .client_request_timeout(HEADERS_TIMEOUT)
    .keep_alive(KEEP_ALIVE)
    .tcp_nodelay(true)
    .listen(socket)?
    .run();
    Ok(server)
}

struct OpenStorage {
    db: PgPool,
    keys: SecretString,
    postgres: Option<EmbeddedPostgres>,
}

async fn open_storage(
    storage: Storage,
    random: &Random,
    progress: impl Fn(&str),
) -> Result<OpenStorage, StartError> {
    let (url, keys, postgres) = match storage {
        Storage::External { url, keys } => (url, keys, None),
        Storage::Embedded { data_dir, keys } => {
            let postgres = EmbeddedPostgres::start(&data_dir, random, progress).await?;
            let keys = match keys {
                Some(keys) => keys,
                None => own_key(&data_dir.join("encryption.keys"), random)?,
            };
            (postgres.url().clone(), keys, Some(postgres))
        }
    };
    let db = db::pool::connect(&url, MAX_DATABASE_CONNECTIONS).await?;
    migrate(&url).await?;
    Ok(OpenStorage { db, keys, postgres })
}

/// Applies the migrations that the database lacks, over a connection of its own.
pub async fn migrate(url: &SecretString) -> Result<usize, StartError> {
    let mut connection = PgConnection::connect_with(&db::pool::options(url)?).await?;
    let applied = db::migrate::migrate(&mut connection).await?;
    connection.close().await?;
    if applied > 0 {
        tracing::info!(applied, "the schema was brought up to date");
    }
    Ok(applied)
}

/// The key that the hub made for itself, or makes now: readable by its owner only.
fn own_key(path: &Path, random: &Random) -> Result<SecretString, StartError> {
    use std::{fs::OpenOptions, io::Write, os::unix::fs::OpenOptionsExt};

    use secrecy::ExposeSecret;

    let failed = |error| StartError::KeyFile {
        path: path.to_owned(),
        error,
    };
    match std::fs::read_to_string(path) {
        Ok(text) => return Ok(text.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let keys = KeyRing::generate("k1", random);
    // Written beside and renamed: a crash leaves a whole key or none.
    let draft = path.with_extension("new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)
        .map_err(failed)?;
    file.write_all(keys.expose_secret().as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&draft, path))
        .map_err(failed)?;
    Ok(keys)
}

async fn check_keys(db: &PgPool, keys: &KeyRing) -> Result<(), StartError> {
    let needed = db::spaces::sealing_key_ids(db).await?;
    match needed
        .into_iter()
        .find(|id| !keys.ids().any(|known| known == id))
    {
        Some(missing) => Err(StartError::MissingKey(missing)),
        None => Ok(()),
    }
}

async fn write_default_space(
    db: &PgPool,
    space: &DefaultSpaceSettings,
    keys: &KeyRing,
    clock: &Clock,
    random: &Random,
) -> Result<(), StartError> {
    let mut transaction = db.begin().await?;
    db::spaces::lock_default(&mut *transaction).await?;
    let id = db::spaces::default_id(&mut *transaction)
        .await?
        .unwrap_or_else(|| SpaceId::new(clock, random));
    let base_url = space.url.as_str();
    let host = base_url
        .split_once("://")
        .map_or(base_url, |(_, host)| host);
    db::spaces::upsert_default(
        &mut *transaction,
        &DefaultSpace {
            id,
            slug: &slug(host),
            name: host,
            base_url,
            oauth_client_id: &space.oauth_client_id,
            oauth_client_secret: &keys
                .seal(secret_place(&id.to_string()), &space.oauth_client_secret),
        },
    )
    .await?;
    transaction.commit().await?;
    Ok(())
}

/// The space key: the first label of the host; an address has none.
fn slug(host: &str) -> String {
    let label = host
        .split('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let is_slug = label.len() <= 63
        && label.starts_with(|c: char| c.is_ascii_lowercase())
        && label.ends_with(|c: char| c.is_ascii_alphanumeric())
        && label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if is_slug { label } else { "default".to_owned() }
}
