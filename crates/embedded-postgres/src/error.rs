//! Why the built-in PostgreSQL could not be started or stopped.

use std::{io, path::PathBuf, time::Duration};

use super::pinned::OLDEST_MAJOR;

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
         install it (`apt-get install postgresql`, `apk add postgresql17`, \
         `brew install postgresql@17`), or set DATABASE_URL to a PostgreSQL that you already run",
        version_text(*version)
    )]
    NoBinaries {
        version: Option<u32>,
        reason: String,
    },

    #[error(
        "the cluster in {} is of PostgreSQL {version}, which this program does not support \
         (it requires {} or later): upgrade it with pg_upgrade",
        directory.display(), OLDEST_MAJOR
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

impl EmbeddedError {
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}

fn version_text(version: Option<u32>) -> String {
    version.map_or_else(String::new, |version| format!(" {version}"))
}
