//! The connection pool, and the state of the database server.

use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use sqlx::{Connection, Executor, PgConnection, PgExecutor, PgPool, postgres::PgPoolOptions};

use super::url::{UrlError, options};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Shorter than any server restart or failover takes.
const SURELY_ALIVE: Duration = Duration::from_millis(100);

/// The isolation level that all statements are written for. A database or a role may default to
/// another one, and concurrent statements would then fail. It is set by a statement, because a
/// pooler would reject it in the URL's `options`.
const ISOLATION: &str = "SET default_transaction_isolation TO 'read committed'";

/// Why the connection failed.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("DATABASE_URL {0}")]
    Url(#[from] UrlError),
    #[error("cannot connect to DATABASE_URL: {0}")]
    Unreachable(#[source] sqlx::Error),
}

/// Opens one connection outside any pool.
pub async fn connect_once(url: &SecretString) -> Result<PgConnection, ConnectError> {
    let options = options(url)?;
    let connecting = async {
        let mut connection = PgConnection::connect_with(&options).await?;
        connection.execute(ISOLATION).await?;
        Ok(connection)
    };
    connecting.await.map_err(ConnectError::Unreachable)
}

/// Opens a pool and proves that one connection works.
pub async fn connect(url: &SecretString, max_connections: u32) -> Result<PgPool, ConnectError> {
    let options = options(url)?;
    let pool = PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(CONNECT_TIMEOUT)
        .after_connect(|connection, _| {
            Box::pin(async move { connection.execute(ISOLATION).await.map(drop) })
        })
        // A connection that the server has closed fails its next statement. A ping before each
        // statement would double the round trips under load, when no connection is idle for long.
        .test_before_acquire(false)
        .before_acquire(|connection, seen| {
            Box::pin(async move {
                if seen.idle_for > SURELY_ALIVE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .idle_timeout(Duration::from_mins(5))
        .connect_lazy_with(options);
    match pool.acquire().await {
        Ok(connection) => drop(connection),
        Err(error) => return Err(ConnectError::Unreachable(reason(error, &pool).await)),
    }
    Ok(pool)
}

/// On a timeout the pool does not report the cause, so one more attempt finds it.
async fn reason(error: sqlx::Error, pool: &PgPool) -> sqlx::Error {
    if !matches!(error, sqlx::Error::PoolTimedOut) {
        return error;
    }
    let options = pool.connect_options();
    let attempt = PgConnection::connect_with(&options);
    match tokio::time::timeout(CONNECT_TIMEOUT, attempt).await {
        Ok(Err(reason)) => reason,
        Ok(Ok(_)) | Err(_) => error,
    }
}

/// Whether the database responds.
pub async fn ping(db: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT 1 AS "one!""#)
        .fetch_one(db)
        .await
        .map(|_| ())
}

/// Whether the server replicates another one, and therefore accepts no changes.
pub async fn is_standby(db: impl PgExecutor<'_>) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT pg_is_in_recovery() AS "is_standby!""#)
        .fetch_one(db)
        .await
}

/// Whether transactions of this role in this database are read-only by default.
pub async fn is_read_only(db: impl PgExecutor<'_>) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT current_setting('default_transaction_read_only') = 'on' AS "is_read_only!""#
    )
    .fetch_one(db)
    .await
}

/// The server's properties, and those of this connection.
pub struct Server {
    /// For example, `16.3`.
    pub version: String,
    /// For example, `160003`.
    pub version_number: i32,
    pub now: DateTime<Utc>,
    pub is_superuser: bool,
    /// It replicates another server, and accepts no changes.
    pub is_standby: bool,
}

pub async fn server(db: impl PgExecutor<'_>) -> Result<Server, sqlx::Error> {
    sqlx::query_as!(
        Server,
        r#"SELECT current_setting('server_version') AS "version!",
                  current_setting('server_version_num')::int AS "version_number!",
                  clock_timestamp() AS "now!",
                  current_setting('is_superuser') = 'on' AS "is_superuser!",
                  pg_is_in_recovery() AS "is_standby!""#
    )
    .fetch_one(db)
    .await
}
