//! The settings of the storage: which PostgreSQL, its keys, and the data directory.

use std::path::PathBuf;

use secrecy::SecretString;

use super::{
    error::ConfigError,
    values::{given_path, given_secret},
};

/// Where the state is kept.
#[derive(Debug)]
pub enum Storage {
    /// A PostgreSQL that the operator runs; its keys are a setting.
    External {
        url: SecretString,
        keys: SecretString,
    },
    /// The built-in PostgreSQL in this directory, with a generated key unless the settings have
    /// one.
    Embedded {
        data_dir: PathBuf,
        keys: Option<SecretString>,
    },
}

impl Storage {
    /// The keys in the settings.
    pub fn given_keys(&self) -> Option<&SecretString> {
        match self {
            Self::External { keys, .. } => Some(keys),
            Self::Embedded { keys, .. } => keys.as_ref(),
        }
    }
}

/// The storage: the operator's PostgreSQL with its keys, or the built-in one.
pub(super) fn storage(
    database_url: Option<SecretString>,
    keys: Option<SecretString>,
    data_dir: Option<PathBuf>,
) -> Result<Storage, ConfigError> {
    match (given_secret(database_url), keys) {
        (Some(url), Some(keys)) => Ok(Storage::External { url, keys }),
        (Some(_), None) => Err(ConfigError::new(
            "ENCRYPTION_KEYS",
            "is required with DATABASE_URL. Generate a key with \
             `backlog-mcp-hub keys generate` and keep it: data that it encrypts cannot be \
             read without it",
        )),
        (None, keys) => Ok(Storage::Embedded {
            data_dir: given_path(data_dir).map_or_else(default_data_dir, Ok)?,
            keys,
        }),
    }
}

/// The keys from one of the two settings.
///
/// # Errors
/// Both are set, or the file cannot be read.
pub fn encryption_keys(
    keys: Option<SecretString>,
    file: Option<PathBuf>,
) -> Result<Option<SecretString>, ConfigError> {
    match (given_secret(keys), given_path(file)) {
        (Some(_), Some(_)) => Err(ConfigError::new(
            "ENCRYPTION_KEYS",
            "and ENCRYPTION_KEYS_FILE are both set; remove one of them",
        )),
        (keys @ Some(_), None) => Ok(keys),
        (None, None) => Ok(None),
        (None, Some(file)) => std::fs::read_to_string(&file)
            .map(|text| Some(text.into()))
            .map_err(|error| {
                ConfigError::new(
                    "ENCRYPTION_KEYS_FILE",
                    format!("is {}, which cannot be read: {error}", file.display()),
                )
            }),
    }
}

/// The default data directory: in `/var/lib` for root, in the XDG directory for other users.
pub fn default_data_dir() -> Result<PathBuf, ConfigError> {
    if nix::unistd::Uid::effective().is_root() {
        return Ok(PathBuf::from("/var/lib/backlog-mcp-hub"));
    }
    let absolute = |name| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
        .map(|base| base.join("backlog-mcp-hub"))
        .ok_or_else(|| {
            ConfigError::new(
                "DATA_DIR",
                "is required if neither HOME nor XDG_DATA_HOME is set",
            )
        })
}
