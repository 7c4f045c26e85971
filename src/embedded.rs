//! The built-in PostgreSQL, for `serve` and `demo` without a `DATABASE_URL`.
//!
//! 1. Take the lock of the data directory: one hub per directory.
//! 2. Decide which account the server runs as ([`account`]); PostgreSQL refuses root.
//! 3. Find the binaries that fit the cluster, or download them ([`binaries`]).
//! 4. Create the cluster if there is none ([`cluster`]).
//! 5. Stop a server that a killed hub left behind, then start ours ([`server`]).
//! 6. Create the database, and write its URL to a file.
//!
//! The server listens on 127.0.0.1 with a password (SCRAM). A Unix socket would
//! need no port, but its path may not exceed about 100 bytes and many mounted
//! volumes cannot hold one.
//!
//! The data directory contains:
//!
//! | name | what |
//! |---|---|
//! | `lock` | held while a hub runs; contains its process id |
//! | `postgres/` | the cluster |
//! | `postgres.password` | the superuser's password |
//! | `postgres.url` | how to reach the running server: `psql "$(cat postgres.url)"` |
//! | `postgres.log` | the server's log |
//! | `postgres-install/` | downloaded binaries, if the machine had none |

mod account;
mod binaries;
mod cluster;
mod pinned;
mod server;

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection};

use crate::db;
use crate::random::Random;
use account::Account;
use binaries::Installation;
use cluster::Cluster;
use server::Server;

const SUPERUSER: &str = "postgres";
const DATABASE: &str = "backlog_mcp_hub";

/// A private PostgreSQL server, running.
///
/// [`stop`](Self::stop) shuts it down and waits. Dropping this value, or the end of the process for
/// any reason, also stops it, but without waiting: a watchdog process notices, and signals the
/// server to stop.
#[derive(Debug)]
pub struct EmbeddedPostgres {
    url: SecretString,
    url_file: PathBuf,
    server: Server,
    // Declared last, so the directory stays locked until the server has been signaled to stop.
    _lock: File,
}

/// Why the private PostgreSQL could not be started or stopped. Each text says what the operator can
/// do.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    #[error(
        "the data directory {} is in use by another backlog-mcp-hub (process {pid}): \
         stop that one, choose another directory for this one (--data-dir), \
         or use a shared database (DATABASE_URL)", directory.display()
    )]
    InUse { directory: PathBuf, pid: String },

    #[error(
        "no PostgreSQL{} was found on this machine, and none could be downloaded ({reason}): \
         install it (`apt-get install postgresql`, `brew install postgresql@17`), \
         or set DATABASE_URL to a PostgreSQL that you already run", version_text(*version)
    )]
    NoBinaries {
        version: Option<u32>,
        reason: String,
    },

    #[error(
        "the cluster in {} is of PostgreSQL {version}, which this program does not support \
         (it requires {} or later): upgrade it with pg_upgrade",
        directory.display(), binaries::OLDEST_MAJOR
    )]
    UnsupportedCluster { directory: PathBuf, version: String },

    #[error(
        "PostgreSQL must not run as root, and the account `{account}` that runs it instead \
         cannot enter {}: choose a data directory it can reach \
         (DATA_DIR=/var/lib/backlog-mcp-hub), run `chmod o+x {}`, \
         or start this program as an ordinary user", blocked.display(), blocked.display()
    )]
    Unreachable { account: String, blocked: PathBuf },

    #[error(
        "PostgreSQL must not run as root, and there is no account `postgres` that could run it \
         instead: create it (`useradd --system postgres`), start this program as an ordinary \
         user, or set DATABASE_URL"
    )]
    NoAccount,

    #[error(
        "the cluster in {} belongs to `nobody`, an account that other services use as well: stop \
         this program, create a separate account (`useradd --system postgres`), and make it the \
         owner (`chown -R postgres: {}`)", directory.display(), directory.display()
    )]
    SharedAccount { directory: PathBuf },

    #[error(
        "the cluster in {} belongs to `{owner}`: start this program as that user or as root",
        directory.display()
    )]
    NotOwner { directory: PathBuf, owner: String },

    #[error(
        "{} is missing or empty, so the existing cluster cannot be opened: \
         restore that file from a backup of the data directory", path.display()
    )]
    PasswordMissing { path: PathBuf },

    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },

    #[error("{program} failed: {output}")]
    CommandFailed { program: String, output: String },

    #[error("PostgreSQL did not start: {said} (see {})", log.display())]
    Exited { said: String, log: PathBuf },

    #[error(
        "PostgreSQL was started but accepted no connection within {} seconds (see {})",
        within.as_secs(), log.display()
    )]
    NotReady { within: Duration, log: PathBuf },

    #[error("the built-in PostgreSQL returned an error: {0}")]
    Database(#[from] sqlx::Error),
}

impl EmbeddedPostgres {
    /// Starts the cluster in `<data_dir>/postgres`, after creating it if there
    /// is none, and creates the database `backlog_mcp_hub` if it is missing.
    ///
    /// `data_dir` is created if it is missing. `random` generates the password of a new
    /// cluster. `progress` receives each step that takes noticeable time.
    ///
    /// # Errors
    /// See [`EmbeddedError`]; nothing keeps running after an error.
    pub async fn start(
        data_dir: &Path,
        random: &Random,
        progress: impl Fn(&str),
    ) -> Result<Self, EmbeddedError> {
        let data_dir = &create_data_dir(data_dir)?;
        let lock = lock(data_dir)?;
        let directory = data_dir.join("postgres");
        let account = Account::for_cluster(&directory)?;
        account.check_reach(data_dir).await?;

        let version = cluster::version(&directory)?;
        let password = password(data_dir, version.is_none(), &account, random)?;
        let downloads = data_dir.join("postgres-install");
        let installation = Installation::choose(
            &account,
            version,
            binaries::directories(&account, &downloads).await,
            binaries::download(&downloads, version, &progress),
        )
        .await?;

        let cluster = Cluster {
            directory,
            account,
            installation,
            log: data_dir.join("postgres.log"),
        };
        if version.is_none() {
            progress("Creating a PostgreSQL cluster");
            cluster
                .create(&data_dir.join("postgres.new"), &password_file(data_dir))
                .await?;
        }
        cluster.take_ownership()?;
        cluster.stop_leftover_server().await?;

        progress("Starting PostgreSQL");
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .username(SUPERUSER)
            .password(password.expose_secret())
            .ssl_mode(PgSslMode::Disable)
            .disable_statement_logging();
        let server = Server::start(&cluster, options.clone()).await?;
        create_database(options.port(server.port())).await?;

        let url = SecretString::from(format!(
            "postgres://{SUPERUSER}:{}@127.0.0.1:{}/{DATABASE}?sslmode=disable",
            password.expose_secret(),
            server.port()
        ));
        let url_file = url_file(data_dir);
        write_private(&url_file, url.expose_secret())?;
        Ok(Self {
            url,
            url_file,
            server,
            _lock: lock,
        })
    }

    /// The URL of the database, for sqlx and psql.
    pub fn url(&self) -> &SecretString {
        &self.url
    }

    /// Stops the server: open transactions are rolled back, and everything committed is on disk
    /// when this returns.
    ///
    /// # Errors
    /// [`EmbeddedError::Io`] if the server cannot be signaled or awaited.
    pub async fn stop(self) -> Result<(), EmbeddedError> {
        self.server.stop().await?;
        match std::fs::remove_file(&self.url_file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(EmbeddedError::io(&self.url_file)(error))
            }
            _ => Ok(()),
        }
    }
}

/// The file in which a running hub keeps the URL of its database for other commands; only its user
/// can read it.
pub fn url_file(data_dir: &Path) -> PathBuf {
    data_dir.join("postgres.url")
}

impl EmbeddedError {
    fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}

fn version_text(version: Option<u32>) -> String {
    version.map_or_else(String::new, |version| format!(" {version}"))
}

/// Creates the data directory if it is missing; returns its absolute path.
fn create_data_dir(data_dir: &Path) -> Result<PathBuf, EmbeddedError> {
    let root = nix::unistd::geteuid().is_root();
    // The server's account passes through root's directory to its cluster; each file in the
    // directory has its own protection.
    let mode = if root { 0o711 } else { 0o700 };
    DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(data_dir)
        .map_err(EmbeddedError::io(data_dir))?;
    let data_dir = data_dir
        .canonicalize()
        .map_err(EmbeddedError::io(data_dir))?;
    let metadata = data_dir.metadata().map_err(EmbeddedError::io(&data_dir))?;
    if root && metadata.uid() == 0 {
        let permissions = Permissions::from_mode(metadata.mode() | 0o111);
        std::fs::set_permissions(&data_dir, permissions).map_err(EmbeddedError::io(&data_dir))?;
    }
    Ok(data_dir)
}

/// Locks the directory until the returned file is closed: when it is dropped, or by the operating
/// system when the process dies.
fn lock(data_dir: &Path) -> Result<File, EmbeddedError> {
    let path = data_dir.join("lock");
    let failed = || EmbeddedError::io(path.clone());
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(failed())?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            file.read_to_string(&mut pid).map_err(failed())?;
            return Err(EmbeddedError::InUse {
                directory: data_dir.to_owned(),
                pid: pid.trim().to_owned(),
            });
        }
        Err(TryLockError::Error(error)) => return Err(failed()(error)),
    }
    file.set_len(0).map_err(failed())?;
    writeln!(file, "{}", std::process::id()).map_err(failed())?;
    Ok(file)
}

fn password_file(data_dir: &Path) -> PathBuf {
    data_dir.join("postgres.password")
}

/// The superuser's password: the stored one, or for a new cluster one that is generated and stored.
fn password(
    data_dir: &Path,
    new_cluster: bool,
    account: &Account,
    random: &Random,
) -> Result<SecretString, EmbeddedError> {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

    let path = password_file(data_dir);
    match std::fs::read_to_string(&path) {
        Ok(stored) if !stored.is_empty() => return Ok(stored.into()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(EmbeddedError::io(path)(error));
        }
        _ if !new_cluster => return Err(EmbeddedError::PasswordMissing { path }),
        _ => {}
    }
    let password = BASE64_URL_SAFE_NO_PAD.encode(random.bytes::<24>());
    write_private(&path, &password)?;
    // initdb runs as that account, and reads the file.
    account.own(&path)?;
    Ok(password.into())
}

/// Replaces a file with one that only its owner can read.
fn write_private(path: &Path, content: &str) -> Result<(), EmbeddedError> {
    let unfinished = path.with_added_extension("new");
    let write = || {
        match std::fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // An existing file would keep its mode.
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&unfinished)?;
        file.write_all(content.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&unfinished, path)
    };
    write().map_err(EmbeddedError::io(path))
}

async fn create_database(options: PgConnectOptions) -> Result<(), sqlx::Error> {
    let mut connection = options.database("postgres").connect().await?;
    db::database::ensure(&mut connection, DATABASE).await?;
    connection.close().await
}
