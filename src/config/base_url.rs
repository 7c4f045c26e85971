//! The setting `MCP_SERVER_BASE_URL`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use oauth_values::redirect_uri::is_loopback;
use url::Url;

use super::error::ConfigError;

/// The hub's own URL: an origin without a trailing slash. It is the issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let wrong = |problem: &str| {
            ConfigError::new(
                "MCP_SERVER_BASE_URL",
                format!("{problem}; expected an origin such as https://mcp.example.com"),
            )
        };
        let url = Url::parse(text).map_err(|_| wrong("is not a URL"))?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => {
                return Err(wrong(
                    "is http for a host that is not loopback, so tokens would not be encrypted",
                ));
            }
            _ => return Err(wrong("is neither https nor http")),
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("has a path, query or fragment"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("contains a user name or password"));
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

    /// The default port of the scheme.
    pub fn default_port(&self) -> u16 {
        match self.is_https() {
            true => 443,
            false => 80,
        }
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
