//! Why the service did not start.

use std::{io, net::SocketAddr, path::PathBuf};

use backlog_client::ClientError;
use embedded_postgres::EmbeddedError;
use guarded_fetch::FetchError;
use sealing::KeyRingError;

use crate::db::{
    error_hint,
    migrate::MigrateError,
    pool::ConnectError,
    probe::{self, ProbeError},
};

/// Why the service did not start. Each text names the setting to correct.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{0}")]
    Connect(#[from] ConnectError),
    #[error("{0}")]
    Embedded(#[from] EmbeddedError),
    #[error("cannot migrate the database: {0}")]
    Migrate(#[from] MigrateError),
    #[error("the database failed: {}", error_hint::explain(.0, error_hint::SERVICE_ROLE))]
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
