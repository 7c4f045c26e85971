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
mod data_dir;
mod database;
mod error;
mod machine;
mod pinned;
mod server;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use foundation::random::Random;
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection};

use account::Account;
use binaries::Installation;
use cluster::{Cluster, SUPERUSER};
use data_dir::{create_data_dir, lock, password, password_file, write_private};
pub use error::EmbeddedError;
use server::Server;

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
        let options = connect_options(&password);
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

/// How the superuser connects; the port is missing.
fn connect_options(password: &SecretString) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .host("127.0.0.1")
        .username(SUPERUSER)
        .password(password.expose_secret())
        .ssl_mode(PgSslMode::Disable)
        .disable_statement_logging()
}

async fn create_database(options: PgConnectOptions) -> Result<(), sqlx::Error> {
    let mut connection = options.database("postgres").connect().await?;
    database::ensure(&mut connection, DATABASE).await?;
    connection.close().await
}
