//! The settings of `serve`, from the arguments to the checked values.

use std::{net::SocketAddr, num::NonZeroU32};

use backlog_client::Sites;
use ipnet::IpNet;

use super::{
    args::ServeArgs,
    base_url::BaseUrl,
    clients::{ClientSettings, networks},
    error::ConfigError,
    http::{HttpTimeouts, allowed_origins, mcp_path},
    lifetimes::Lifetimes,
    observe::ObserveSettings,
    space::{DefaultSpaceSettings, sites},
    storage::{Storage, encryption_keys, storage},
    tools::ToolSettings,
    values::{given, hosts},
};
use crate::domain::Operator;

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
    pub operator: Operator,
}

/// A network of IPv4 may make a twentieth of these registrations, a /48 of IPv6 half.
pub const REGISTRATIONS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(6_000).expect("more than none");

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
        let base_url = base_url(self.base_url, listen)?;
        let keys = encryption_keys(self.encryption_keys, self.encryption_keys_file)?;
        Ok(Settings {
            storage: storage(self.database_url, keys, self.data_dir)?,
            default_space: self.space.resolve()?,
            sites: sites(self.backlog_sites)?,
            listen,
            base_url,
            mcp_path: mcp_path(given(self.http.path))?,
            allowed_hosts: hosts(self.http.allowed_hosts)?,
            allowed_origins: allowed_origins(self.http.allowed_origins)?,
            trusted_proxies: networks("TRUSTED_PROXIES", self.http.trusted_proxies)?,
            tools: self.tools.resolve()?,
            lifetimes: self.lifetimes.resolve()?,
            clients: self.clients.resolve()?,
            http_timeouts: HttpTimeouts::default(),
            grant_quota: GrantQuota::default(),
            registrations_per_minute: REGISTRATIONS_PER_MINUTE,
            observe: self.observe.resolve()?,
            operator: self.operator.resolve()?,
        })
    }
}

/// The public URL; `None` is loopback, at the port that is bound.
fn base_url(setting: Option<String>, listen: SocketAddr) -> Result<Option<BaseUrl>, ConfigError> {
    match given(setting) {
        Some(text) => BaseUrl::parse(&text).map(Some),
        None if listen.ip().is_loopback() => Ok(None),
        None => Err(ConfigError::new(
            "MCP_SERVER_BASE_URL",
            "is required: the public URL of the hub, such as https://mcp.example.com",
        )),
    }
}
