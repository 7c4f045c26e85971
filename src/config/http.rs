//! The settings of the HTTP server: the address, the path, the origins and the timeouts.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use url::Url;

use super::{
    args::HttpArgs,
    error::ConfigError,
    values::{listed, parsed},
};

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
            body: Duration::from_mins(1),
        }
    }
}

impl HttpArgs {
    pub(super) fn listen(&self) -> Result<SocketAddr, ConfigError> {
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

pub(super) fn mcp_path(path: Option<String>) -> Result<String, ConfigError> {
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

/// The origins, as a browser writes them in a header.
pub(super) fn allowed_origins(origins: Vec<String>) -> Result<Vec<String>, ConfigError> {
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
