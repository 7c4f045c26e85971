//! The local modes: which space, with which API key, and where to listen.

use std::net::SocketAddr;

use secrecy::SecretString;

use super::{
    ConfigError, ServeArgs, StdioArgs, ToolArgs, ToolSettings, args::ApiKeyArgs, given,
    given_secret, listed,
};
use crate::backlog::BacklogUrl;

/// A space and the API key to use it with.
#[derive(Debug)]
pub struct LocalSpace {
    pub url: BacklogUrl,
    pub api_key: SecretString,
    pub tools: ToolSettings,
}

/// Settings of `serve` with an API key, checked.
#[derive(Debug)]
pub struct LocalSettings {
    pub space: LocalSpace,
    pub listen: SocketAddr,
    pub mcp_path: String,
    pub allowed_hosts: Vec<String>,
    pub allowed_origins: Vec<String>,
}

impl StdioArgs {
    pub fn resolve(self) -> Result<LocalSpace, ConfigError> {
        space(self.backlog_domain, self.api_key, self.tools)
    }
}

impl ServeArgs {
    /// Is this the local mode: an API key, and nothing that a shared service needs?
    pub fn is_local(&self) -> bool {
        given_secret(self.api_key.backlog_api_key.clone()).is_some()
            && given(self.space.backlog_oauth_client_id.clone()).is_none()
            && given_secret(self.space.backlog_oauth_client_secret.clone()).is_none()
            && given_secret(self.database_url.clone()).is_none()
    }

    pub fn resolve_local(self) -> Result<LocalSettings, ConfigError> {
        let listen = self.http.listen()?;
        let allowed_hosts = listed(self.http.allowed_hosts);
        if !listen.ip().is_loopback() && allowed_hosts.is_empty() {
            return Err(ConfigError::new(
                "MCP_HTTP_ALLOWED_HOSTS",
                "is not set, and MCP_HTTP_HOST opens the server to other computers: whoever \
                 reaches it uses your API key. Listen on 127.0.0.1, or list the host names it \
                 may be called by",
            ));
        }
        Ok(LocalSettings {
            space: space(self.space.backlog_domain, self.api_key, self.tools)?,
            listen,
            mcp_path: super::mcp_path(given(self.http.path))?,
            allowed_hosts,
            allowed_origins: listed(self.http.allowed_origins),
        })
    }
}

fn space(
    domain: Option<String>,
    api_key: ApiKeyArgs,
    tools: ToolArgs,
) -> Result<LocalSpace, ConfigError> {
    let missing = |name, example| {
        ConfigError::new(
            name,
            format!("is not set; with an API key it wants {example}"),
        )
    };
    let domain = given(domain)
        .ok_or_else(|| missing("BACKLOG_DOMAIN", "your space, such as acme.backlog.com"))?;
    Ok(LocalSpace {
        url: BacklogUrl::parse(&domain)
            .map_err(|error| ConfigError::new("BACKLOG_DOMAIN", error.to_string()))?,
        api_key: given_secret(api_key.backlog_api_key).ok_or_else(|| {
            missing(
                "BACKLOG_API_KEY",
                "a key from your personal settings in Backlog",
            )
        })?,
        tools: tools.resolve()?,
    })
}
