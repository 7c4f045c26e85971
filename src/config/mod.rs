//! Settings: the one source of every name, default and rule.
//!
//! Names that the upstream server has keep their meaning. A flag overrides its
//! environment variable; an empty variable counts as unset. Each error names the
//! setting and the expected value, and never repeats a secret.

mod args;
mod base_url;
mod clients;
mod descriptions;
mod environment;
mod lifetimes;
mod local;
mod observe;
mod organizations;
mod tools;
mod values;

use std::{
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroU32,
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use ipnet::IpNet;
use secrecy::SecretString;
use url::Url;

pub use args::{ApiKeyArgs, HttpArgs, LifetimeArgs, ServeArgs, SpaceArgs, StdioArgs, ToolArgs};
pub use base_url::BaseUrl;
pub use clients::{ClientArgs, ClientSettings};
pub use descriptions::descriptions;
pub use environment::Environment;
pub use lifetimes::Lifetimes;
pub use local::{
    LocalAuth, LocalBacklog, LocalSettings, LocalSpace, LocalSpaces, Transport, transport,
};
pub use observe::{ObserveArgs, ObserveSettings, audit_retention};
pub use organizations::OrganizationSettings;
pub use tools::ToolSettings;
use values::{given, hosts, listed, parsed};
pub use values::{given_path, given_secret, path, switch};

use crate::backlog::{BacklogUrl, Sites};

/// A setting is missing or wrong. The text is a sentence that begins with the setting's name.
#[derive(Debug, thiserror::Error)]
#[error("{name} {problem}")]
pub struct ConfigError {
    pub name: &'static str,
    pub problem: String,
}

impl ConfigError {
    pub fn new(name: &'static str, problem: impl Into<String>) -> Self {
        Self {
            name,
            problem: problem.into(),
        }
    }
}

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

/// The space that the environment names.
#[derive(Debug)]
pub struct DefaultSpaceSettings {
    pub url: BacklogUrl,
    /// The name that users see; its host if `None`.
    pub name: Option<String>,
    pub oauth_client_id: String,
    pub oauth_client_secret: SecretString,
}

/// The settings of `serve`, checked.
#[derive(Debug)]
pub struct Settings {
    pub storage: Storage,
    pub default_space: Option<DefaultSpaceSettings>,
    /// The allowed sites; the site of the default space is always one of them.
    pub sites: Sites,
    pub listen: SocketAddr,
    /// `None`: loopback, at the port that is bound.
    pub base_url: Option<BaseUrl>,
    pub mcp_path: String,
    pub allowed_hosts: Vec<String>,
    pub allowed_origins: Vec<String>,
    pub trusted_proxies: Vec<IpNet>,
    pub tools: ToolSettings,
    pub lifetimes: Lifetimes,
    pub clients: ClientSettings,
    pub http_timeouts: HttpTimeouts,
    pub grant_quota: GrantQuota,
    /// New registrations of all networks together.
    pub registrations_per_minute: NonZeroU32,
    pub observe: ObserveSettings,
}

/// A network of IPv4 may make a twentieth of these registrations, a /48 of IPv6 half.
pub const REGISTRATIONS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(6_000).expect("more than none");

/// How long a client may take to send a request, against slow-loris attacks.
#[derive(Clone, Copy, Debug)]
pub struct HttpTimeouts {
    pub headers: Duration,
    /// Counted from the end of the headers.
    pub body: Duration,
}

impl Default for HttpTimeouts {
    fn default() -> Self {
        Self {
            headers: Duration::from_secs(10),
            // Enough for 4 MiB over a slow connection.
            body: Duration::from_secs(60),
        }
    }
}

/// How many requests at `/mcp` one grant may make.
#[derive(Clone, Copy, Debug)]
pub struct GrantQuota {
    pub per_second: NonZeroU32,
    /// How many requests an idle grant may send at once.
    pub burst: NonZeroU32,
}

impl Default for GrantQuota {
    fn default() -> Self {
        // More than any model makes, without a flood of audit rows.
        Self {
            per_second: NonZeroU32::MIN.saturating_add(299),
            burst: NonZeroU32::MIN.saturating_add(499),
        }
    }
}

impl ServeArgs {
    /// Checks everything that can be checked without the network.
    pub fn resolve(self) -> Result<Settings, ConfigError> {
        let listen = self.http.listen()?;
        let base_url = match given(self.base_url) {
            Some(text) => Some(BaseUrl::parse(&text)?),
            None if listen.ip().is_loopback() => None,
            None => {
                return Err(ConfigError::new(
                    "MCP_SERVER_BASE_URL",
                    "is required: the public URL of the hub, such as https://mcp.example.com",
                ));
            }
        };
        let mcp_path = mcp_path(given(self.http.path))?;
        let keys = encryption_keys(self.encryption_keys, self.encryption_keys_file)?;
        let storage = match (given_secret(self.database_url), keys) {
            (Some(url), Some(keys)) => Storage::External { url, keys },
            (Some(_), None) => {
                return Err(ConfigError::new(
                    "ENCRYPTION_KEYS",
                    "is required with DATABASE_URL. Generate a key with \
                     `backlog-mcp-hub keys generate` and keep it: data that it encrypts cannot be \
                     read without it",
                ));
            }
            (None, keys) => Storage::Embedded {
                data_dir: given_path(self.data_dir).map_or_else(default_data_dir, Ok)?,
                keys,
            },
        };
        Ok(Settings {
            storage,
            default_space: self.space.resolve()?,
            sites: sites(self.backlog_sites)?,
            listen,
            base_url,
            mcp_path,
            allowed_hosts: hosts(self.http.allowed_hosts)?,
            allowed_origins: allowed_origins(self.http.allowed_origins)?,
            trusted_proxies: clients::networks("TRUSTED_PROXIES", self.http.trusted_proxies)?,
            tools: self.tools.resolve()?,
            lifetimes: self.lifetimes.resolve()?,
            clients: self.clients.resolve()?,
            http_timeouts: HttpTimeouts::default(),
            grant_quota: GrantQuota::default(),
            registrations_per_minute: REGISTRATIONS_PER_MINUTE,
            observe: self.observe.resolve()?,
        })
    }
}

impl HttpArgs {
    fn listen(&self) -> Result<SocketAddr, ConfigError> {
        let host = parsed(
            "MCP_HTTP_HOST",
            self.host.clone().map(|host| match host.trim() {
                "localhost" => Ipv4Addr::LOCALHOST.to_string(),
                _ => host,
            }),
            "an IP address such as 0.0.0.0",
        )?;
        let port = parsed("MCP_HTTP_PORT", self.port.clone(), "a port from 0 to 65535")?;
        Ok(SocketAddr::new(
            host.unwrap_or(Ipv4Addr::LOCALHOST.into()),
            port.unwrap_or(3333),
        ))
    }
}

impl SpaceArgs {
    fn resolve(self) -> Result<Option<DefaultSpaceSettings>, ConfigError> {
        let domain = given(self.backlog_domain);
        let client_id = given(self.backlog_oauth_client_id);
        let client_secret = given_secret(self.backlog_oauth_client_secret);
        if domain.is_none() && client_id.is_none() && client_secret.is_none() {
            return Ok(None);
        }
        let missing = |name| {
            ConfigError::new(
                name,
                "is not set; set BACKLOG_DOMAIN, BACKLOG_OAUTH_CLIENT_ID and \
                 BACKLOG_OAUTH_CLIENT_SECRET together, or none of them",
            )
        };
        let domain = domain.ok_or_else(|| missing("BACKLOG_DOMAIN"))?;
        Ok(Some(DefaultSpaceSettings {
            name: None,
            url: BacklogUrl::from_str(&domain)
                .map_err(|error| ConfigError::new("BACKLOG_DOMAIN", error.to_string()))?,
            oauth_client_id: client_id.ok_or_else(|| missing("BACKLOG_OAUTH_CLIENT_ID"))?,
            oauth_client_secret: client_secret
                .ok_or_else(|| missing("BACKLOG_OAUTH_CLIENT_SECRET"))?,
        }))
    }
}

fn sites(entries: Vec<String>) -> Result<Sites, ConfigError> {
    listed(entries)
        .iter()
        .try_fold(Sites::of_nulab(), |sites, entry| {
            sites.with(entry).map_err(|error| {
                let problem = format!(
                    "lists {entry:?}: {error}; expected hosts such as backlog.example.com or \
                     *.corp.example"
                );
                ConfigError::new("BACKLOG_SITES", problem)
            })
        })
}

fn mcp_path(path: Option<String>) -> Result<String, ConfigError> {
    let path = path.unwrap_or_else(|| "/mcp".to_owned());
    let path = format!("/{}", path.trim_matches('/'));
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/-._~".contains(&b);
    if path == "/" || !path.bytes().all(plain) || path.contains("//") {
        return Err(ConfigError::new(
            "MCP_HTTP_PATH",
            "is not a valid path; expected a path such as /mcp, of letters, digits and -._~",
        ));
    }
    Ok(path)
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

/// The origins, as a browser writes them in a header.
fn allowed_origins(origins: Vec<String>) -> Result<Vec<String>, ConfigError> {
    let origin = |text: &str| {
        let url = Url::parse(text).ok()?;
        let is_origin = matches!(url.scheme(), "https" | "http")
            // A pattern would be compared as a plain name.
            && !url.host_str()?.contains('*')
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        is_origin.then(|| url.origin().ascii_serialization())
    };
    let wrong = |text: &str| {
        let problem = format!(
            "lists {text:?}; expected origins such as https://app.example.com. Leave it unset to \
             allow any"
        );
        ConfigError::new("MCP_HTTP_ALLOWED_ORIGINS", problem)
    };
    listed(origins)
        .iter()
        .map(|text| origin(text).ok_or_else(|| wrong(text)))
        .collect()
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
