//! The local modes: which space or spaces, with which API keys, and where to listen.

use std::net::SocketAddr;

use secrecy::SecretString;

use super::{
    ConfigError, Environment, OrganizationSettings, ServeArgs, StdioArgs, ToolArgs, ToolSettings,
    args::ApiKeyArgs, descriptions, given, given_secret, listed, organizations, switch,
};
use crate::backlog::BacklogUrl;

/// A space and the API key to use it with.
#[derive(Debug)]
pub struct LocalSpace {
    pub url: BacklogUrl,
    /// As the operator wrote it.
    pub domain: String,
    pub api_key: SecretString,
}

/// The one space, or several by name.
#[derive(Debug)]
pub enum LocalSpaces {
    One(LocalSpace),
    Several(OrganizationSettings),
}

/// What the local modes offer, checked.
#[derive(Debug)]
pub struct LocalBacklog {
    pub spaces: LocalSpaces,
    pub tools: ToolSettings,
}

/// Settings of the local mode on HTTP, checked.
#[derive(Debug)]
pub struct LocalSettings {
    pub backlog: LocalBacklog,
    pub listen: SocketAddr,
    pub mcp_path: String,
    pub allowed_hosts: Vec<String>,
    /// Whole origins, with their scheme.
    pub allowed_origins: Vec<String>,
    /// Answers are one JSON body rather than a stream of events.
    pub json_response: bool,
}

/// How a client reaches the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Stdio,
    Http,
}

/// `stdio`, unless the setting names another.
pub fn transport(value: Option<String>) -> Result<Transport, ConfigError> {
    match given(value).as_deref() {
        None | Some("stdio") => Ok(Transport::Stdio),
        Some("http") => Ok(Transport::Http),
        Some(_) => Err(ConfigError::new("MCP_TRANSPORT", "wants stdio or http")),
    }
}

impl From<ServeArgs> for StdioArgs {
    fn from(settings: ServeArgs) -> Self {
        Self {
            backlog_domain: settings.space.backlog_domain,
            api_key: settings.api_key,
            tools: settings.tools,
        }
    }
}

impl StdioArgs {
    pub fn resolve(self, environment: &Environment) -> Result<LocalBacklog, ConfigError> {
        backlog(self.backlog_domain, self.api_key, self.tools, environment)
    }
}

impl ServeArgs {
    /// Is this the local mode: API keys, and nothing that a shared service needs?
    pub fn is_local(&self, environment: &Environment) -> bool {
        self.has_api_keys(environment)
            && !self.has_oauth()
            && given_secret(self.database_url.clone()).is_none()
    }

    /// Is there any API key, or a part of what goes with one?
    pub fn has_api_keys(&self, environment: &Environment) -> bool {
        given_secret(self.api_key.backlog_api_key.clone()).is_some()
            || organizations::asked_for(environment)
    }

    /// Is any OAuth setting there?
    pub fn has_oauth(&self) -> bool {
        given(self.space.backlog_oauth_client_id.clone()).is_some()
            || given_secret(self.space.backlog_oauth_client_secret.clone()).is_some()
    }

    pub fn resolve_local(self, environment: &Environment) -> Result<LocalSettings, ConfigError> {
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
        let json_response = switch("MCP_HTTP_JSON_RESPONSE", self.http.json_response, true)?;
        Ok(LocalSettings {
            backlog: backlog(
                self.space.backlog_domain,
                self.api_key,
                self.tools,
                environment,
            )?,
            listen,
            mcp_path: super::mcp_path(given(self.http.path))?,
            allowed_hosts,
            allowed_origins: listed(self.http.allowed_origins)
                .into_iter()
                .flat_map(origins)
                .collect(),
            json_response,
        })
    }
}

/// A bare host stands for its origins with either scheme, at any port.
fn origins(text: String) -> Vec<String> {
    if text.contains("://") {
        return vec![text];
    }
    ["https", "http"]
        .map(|scheme| format!("{scheme}://{text}:*"))
        .into()
}

fn backlog(
    domain: Option<String>,
    api_key: ApiKeyArgs,
    tools: ToolArgs,
    environment: &Environment,
) -> Result<LocalBacklog, ConfigError> {
    let spaces = match organizations::resolve(environment)? {
        Some(several) => LocalSpaces::Several(several),
        None => LocalSpaces::One(space(domain, api_key)?),
    };
    let mut tools = tools.resolve()?;
    tools.options.descriptions = descriptions(environment);
    Ok(LocalBacklog { spaces, tools })
}

fn space(domain: Option<String>, api_key: ApiKeyArgs) -> Result<LocalSpace, ConfigError> {
    let missing = |name, also: &str| {
        ConfigError::new(
            name,
            format!(
                "{also} not set; the local modes want your space, such as acme.backlog.com, and an \
                 API key from your personal settings in Backlog, or \
                 BACKLOG_ORG_<NAME>_DOMAIN, BACKLOG_ORG_<NAME>_API_KEY and BACKLOG_DEFAULT_ORG \
                 for several spaces"
            ),
        )
    };
    let (domain, api_key) = match (given(domain), given_secret(api_key.backlog_api_key)) {
        (Some(domain), Some(api_key)) => (domain, api_key),
        (None, None) => return Err(missing("BACKLOG_DOMAIN", "and BACKLOG_API_KEY are")),
        (None, Some(_)) => return Err(missing("BACKLOG_DOMAIN", "is")),
        (Some(_), None) => return Err(missing("BACKLOG_API_KEY", "is")),
    };
    Ok(LocalSpace {
        url: BacklogUrl::parse(&domain)
            .map_err(|error| ConfigError::new("BACKLOG_DOMAIN", error.to_string()))?,
        domain,
        api_key,
    })
}
