//! Settings: the one source of every name, default and rule.
//!
//! Names that the upstream server has keep their meaning. A flag beats its
//! environment variable; an empty variable counts as unset. Each error names the
//! setting and what it wants, and never repeats a secret.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use clap::Args;
use ipnet::IpNet;
use secrecy::SecretString;
use url::{Host, Url};

use crate::backlog::BacklogUrl;

/// Settings of `serve`, as given.
#[derive(Args, Debug, Default)]
pub struct ServeArgs {
    /// PostgreSQL to use, e.g. postgres://user:password@host/database. Without it
    /// the hub runs a PostgreSQL of its own in the data directory
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<SecretString>,
    /// Where the built-in PostgreSQL and its generated key live
    #[arg(long, env = "DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Master keys as id:base64[,id:base64…], 32 bytes each; the first one seals.
    /// Required with DATABASE_URL. Make one with `backlog-mcp-hub keys generate`
    #[arg(
        long,
        env = "ENCRYPTION_KEYS",
        hide_env_values = true,
        value_name = "KEYS"
    )]
    pub encryption_keys: Option<SecretString>,
    /// A file with the master keys, one id:base64 a line
    #[arg(long, env = "ENCRYPTION_KEYS_FILE", value_name = "FILE")]
    pub encryption_keys_file: Option<PathBuf>,
    /// The URL people reach the hub at, e.g. https://mcp.example.com
    #[arg(long, env = "MCP_SERVER_BASE_URL", value_name = "URL")]
    pub base_url: Option<String>,
    #[command(flatten)]
    pub space: SpaceArgs,
    #[command(flatten)]
    pub http: HttpArgs,
    #[command(flatten)]
    pub lifetimes: LifetimeArgs,
}

/// The default space.
#[derive(Args, Debug, Default)]
pub struct SpaceArgs {
    /// The Backlog space, e.g. acme.backlog.com
    #[arg(long, env = "BACKLOG_DOMAIN", value_name = "HOST")]
    pub backlog_domain: Option<String>,
    /// Client ID of the OAuth application registered at Backlog
    #[arg(long, env = "BACKLOG_OAUTH_CLIENT_ID", value_name = "ID")]
    pub backlog_oauth_client_id: Option<String>,
    /// Client secret of that application
    #[arg(
        long,
        env = "BACKLOG_OAUTH_CLIENT_SECRET",
        hide_env_values = true,
        value_name = "SECRET"
    )]
    pub backlog_oauth_client_secret: Option<SecretString>,
}

#[derive(Args, Debug, Default)]
pub struct HttpArgs {
    /// Address to listen on [default: 127.0.0.1]
    #[arg(long = "http-host", env = "MCP_HTTP_HOST", value_name = "ADDRESS")]
    pub host: Option<String>,
    /// Port to listen on [default: 3333]
    #[arg(long = "http-port", env = "MCP_HTTP_PORT", value_name = "PORT")]
    pub port: Option<String>,
    /// Path of the MCP endpoint [default: /mcp]
    #[arg(long = "http-path", env = "MCP_HTTP_PATH", value_name = "PATH")]
    pub path: Option<String>,
    /// More host names to answer to, beside the base URL's
    #[arg(
        long = "http-allowed-hosts",
        env = "MCP_HTTP_ALLOWED_HOSTS",
        value_delimiter = ',',
        value_name = "HOST,…"
    )]
    pub allowed_hosts: Vec<String>,
    /// Browser origins that may call the hub [default: any; tokens are in headers, not cookies]
    #[arg(
        long = "http-allowed-origins",
        env = "MCP_HTTP_ALLOWED_ORIGINS",
        value_delimiter = ',',
        value_name = "ORIGIN,…"
    )]
    pub allowed_origins: Vec<String>,
    /// Addresses or networks of the proxies whose X-Forwarded-For is believed
    #[arg(
        long,
        env = "TRUSTED_PROXIES",
        value_delimiter = ',',
        value_name = "NETWORK,…"
    )]
    pub trusted_proxies: Vec<String>,
}

/// Durations as `1h`, `30d` or a number of seconds.
#[derive(Args, Debug, Default)]
pub struct LifetimeArgs {
    /// How long an access token lives [default: 1h]
    #[arg(long, env = "ACCESS_TOKEN_TTL", value_name = "TIME")]
    pub access_token_ttl: Option<String>,
    /// How long a refresh token lives, counted anew at each refresh [default: 30d]
    #[arg(long, env = "REFRESH_TOKEN_TTL", value_name = "TIME")]
    pub refresh_token_ttl: Option<String>,
    /// How long a used refresh token still yields the same answer [default: 60s]
    #[arg(long, env = "REFRESH_GRACE", value_name = "TIME")]
    pub refresh_grace: Option<String>,
}

/// A setting that is missing or wrong: its name, and what it wants.
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

/// How long things live.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    pub authorization_request: Duration,
    pub authorization_code: Duration,
    pub access_token: Duration,
    pub refresh_token: Duration,
    pub refresh_grace: Duration,
    /// How long an approval is remembered for a browser.
    pub consent: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            authorization_request: Duration::from_secs(10 * 60),
            authorization_code: Duration::from_secs(60),
            access_token: Duration::from_secs(3600),
            refresh_token: Duration::from_secs(30 * 24 * 3600),
            refresh_grace: Duration::from_secs(60),
            consent: Duration::from_secs(30 * 24 * 3600),
        }
    }
}

impl LifetimeArgs {
    fn resolve(self) -> Result<Lifetimes, ConfigError> {
        let default = Lifetimes::default();
        Ok(Lifetimes {
            access_token: duration("ACCESS_TOKEN_TTL", self.access_token_ttl)?
                .unwrap_or(default.access_token),
            refresh_token: duration("REFRESH_TOKEN_TTL", self.refresh_token_ttl)?
                .unwrap_or(default.refresh_token),
            refresh_grace: duration("REFRESH_GRACE", self.refresh_grace)?
                .unwrap_or(default.refresh_grace),
            ..default
        })
    }
}

const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// Where the state is kept.
#[derive(Debug)]
pub enum Storage {
    /// A PostgreSQL that somebody runs; its keys are a setting.
    External {
        url: SecretString,
        keys: SecretString,
    },
    /// The hub's own, in this directory, with a key it makes itself unless given.
    Embedded {
        data_dir: PathBuf,
        keys: Option<SecretString>,
    },
}

/// The space that the environment names.
#[derive(Debug)]
pub struct DefaultSpaceSettings {
    pub url: BacklogUrl,
    /// What people know it by; its host if `None`.
    pub name: Option<String>,
    pub oauth_client_id: String,
    pub oauth_client_secret: SecretString,
}

/// Settings of `serve`, checked.
#[derive(Debug)]
pub struct Settings {
    pub storage: Storage,
    pub default_space: Option<DefaultSpaceSettings>,
    pub listen: SocketAddr,
    /// `None`: loopback at whatever port is bound.
    pub base_url: Option<BaseUrl>,
    pub mcp_path: String,
    pub allowed_hosts: Vec<String>,
    pub allowed_origins: Vec<String>,
    pub trusted_proxies: Vec<IpNet>,
    pub lifetimes: Lifetimes,
}

/// The hub's own URL: an origin without a trailing slash. It is the issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let wrong = |problem: &str| {
            ConfigError::new(
                "MCP_SERVER_BASE_URL",
                format!("{problem}; it wants an origin such as https://mcp.example.com"),
            )
        };
        let url = Url::parse(text).map_err(|_| wrong("is not a URL"))?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => {
                return Err(wrong(
                    "is http for a host that is not loopback: tokens would travel in clear",
                ));
            }
            _ => return Err(wrong("is neither https nor http")),
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("has a path, query or fragment"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("carries a user name"));
        }
        Ok(Self(url.origin().ascii_serialization()))
    }

    /// A loopback base URL for a bound port.
    pub fn loopback(address: SocketAddr) -> Self {
        Self(format!(
            "http://{}",
            SocketAddr::new(loopback_of(address.ip()), address.port())
        ))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `host` or `host:port`, as a Host header has it.
    pub fn authority(&self) -> &str {
        self.0.split_once("://").map_or("", |(_, rest)| rest)
    }

    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

fn loopback_of(address: IpAddr) -> IpAddr {
    if address.is_unspecified() {
        Ipv4Addr::LOCALHOST.into()
    } else {
        address
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

impl ServeArgs {
    /// Checks everything that can be checked without the network.
    pub fn resolve(self) -> Result<Settings, ConfigError> {
        let listen = SocketAddr::new(
            parsed(
                "MCP_HTTP_HOST",
                self.http.host,
                "an IP address such as 0.0.0.0",
            )?
            .unwrap_or(Ipv4Addr::LOCALHOST.into()),
            parsed("MCP_HTTP_PORT", self.http.port, "a port from 0 to 65535")?.unwrap_or(3333),
        );
        let base_url = match given(self.base_url) {
            Some(text) => Some(BaseUrl::parse(&text)?),
            None if listen.ip().is_loopback() => None,
            None => {
                return Err(ConfigError::new(
                    "MCP_SERVER_BASE_URL",
                    "is not set; it wants the URL people reach the hub at, \
                     such as https://mcp.example.com",
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
                    "is not set; with DATABASE_URL it is required. Make a key with \
                     `backlog-mcp-hub keys generate` and keep it: what is sealed with \
                     it is lost without it",
                ));
            }
            (None, keys) => Storage::Embedded {
                data_dir: self.data_dir.map_or_else(default_data_dir, Ok)?,
                keys,
            },
        };
        Ok(Settings {
            storage,
            default_space: self.space.resolve()?,
            listen,
            base_url,
            mcp_path,
            allowed_hosts: listed(self.http.allowed_hosts),
            allowed_origins: listed(self.http.allowed_origins),
            trusted_proxies: trusted_proxies(self.http.trusted_proxies)?,
            lifetimes: self.lifetimes.resolve()?,
        })
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
                "is not set; BACKLOG_DOMAIN, BACKLOG_OAUTH_CLIENT_ID and \
                 BACKLOG_OAUTH_CLIENT_SECRET describe one space together",
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

fn mcp_path(path: Option<String>) -> Result<String, ConfigError> {
    let path = path.unwrap_or_else(|| "/mcp".to_owned());
    let path = format!("/{}", path.trim_matches('/'));
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/-._~".contains(&b);
    if path == "/" || !path.bytes().all(plain) || path.contains("//") {
        return Err(ConfigError::new(
            "MCP_HTTP_PATH",
            "wants a path such as /mcp, of letters, digits and -._~",
        ));
    }
    Ok(path)
}

fn encryption_keys(
    keys: Option<SecretString>,
    file: Option<PathBuf>,
) -> Result<Option<SecretString>, ConfigError> {
    match (
        given_secret(keys),
        file.filter(|f| !f.as_os_str().is_empty()),
    ) {
        (Some(_), Some(_)) => Err(ConfigError::new(
            "ENCRYPTION_KEYS",
            "and ENCRYPTION_KEYS_FILE are both set; give one of them",
        )),
        (keys @ Some(_), None) => Ok(keys),
        (None, None) => Ok(None),
        (None, Some(file)) => std::fs::read_to_string(&file)
            .map(|text| Some(text.into()))
            .map_err(|error| {
                ConfigError::new(
                    "ENCRYPTION_KEYS_FILE",
                    format!("names {}, which cannot be read: {error}", file.display()),
                )
            }),
    }
}

fn trusted_proxies(networks: Vec<String>) -> Result<Vec<IpNet>, ConfigError> {
    listed(networks)
        .into_iter()
        .map(|text| {
            text.parse()
                .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
                .map_err(|_| {
                    ConfigError::new(
                        "TRUSTED_PROXIES",
                        format!(
                            "lists {text:?}; it wants addresses or networks such as 10.0.0.0/8"
                        ),
                    )
                })
        })
        .collect()
}

/// Where a service keeps its state: `/var/lib` for root, the XDG directory for others.
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
            ConfigError::new("DATA_DIR", "is not set, and there is no HOME to put it in")
        })
}

/// A setting that is parsed; an empty one is unset.
fn parsed<T: FromStr>(
    name: &'static str,
    value: Option<String>,
    wants: &str,
) -> Result<Option<T>, ConfigError> {
    given(value)
        .map(|text| {
            text.parse()
                .map_err(|_| ConfigError::new(name, format!("is {text:?}; it wants {wants}")))
        })
        .transpose()
}

fn given(value: Option<String>) -> Option<String> {
    value
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}

fn given_secret(value: Option<SecretString>) -> Option<SecretString> {
    use secrecy::ExposeSecret;
    value.filter(|secret| !secret.expose_secret().trim().is_empty())
}

fn listed(values: Vec<String>) -> Vec<String> {
    values.into_iter().filter_map(|v| given(Some(v))).collect()
}

/// `90s`, `1h`, `30d`, or a number of seconds.
fn duration(name: &'static str, value: Option<String>) -> Result<Option<Duration>, ConfigError> {
    let Some(text) = given(value) else {
        return Ok(None);
    };
    let seconds = text.parse().ok().map(Duration::from_secs);
    seconds
        .or_else(|| humantime::parse_duration(&text).ok())
        .filter(|time| time.as_secs() > 0 && *time <= LONGEST)
        .map(Some)
        .ok_or_else(|| {
            ConfigError::new(
                name,
                format!("is {text:?}; it wants a time such as 90s, 1h or 30d, up to 10 years"),
            )
        })
}
