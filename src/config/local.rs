//! The settings of the local modes: the space or spaces, their API keys, and where to listen.

use std::{net::SocketAddr, path::PathBuf};

use backlog_client::BacklogUrl;
use secrecy::{ExposeSecret, SecretString};

use super::{
    args::{ApiKeyArgs, HttpArgs, ServeArgs, StdioArgs, ToolArgs},
    descriptions::descriptions,
    environment::Environment,
    error::ConfigError,
    http::mcp_path,
    local_space::LocalSpace,
    organizations::{self, OrganizationSettings},
    storage::default_data_dir,
    tools::ToolSettings,
    values::{given, given_path, given_secret, listed, switch},
};

/// The file in the data directory with the token that was generated for the local server.
const TOKEN_FILE: &str = "mcp-http.token";
/// The shortest token that the operator may set, in characters.
const SHORTEST_TOKEN: usize = 16;

/// One space, or several with names.
#[derive(Debug)]
pub enum LocalSpaces {
    One(LocalSpace),
    Several(OrganizationSettings),
}

/// The settings that both local modes share, checked.
#[derive(Debug)]
pub struct LocalBacklog {
    pub spaces: LocalSpaces,
    pub tools: ToolSettings,
}

/// Which clients may call the local HTTP server.
#[derive(Debug)]
pub enum LocalAuth {
    /// A client that presents this token.
    Token(SecretString),
    /// A client that presents the token in this file; a missing file is generated.
    TokenFile(PathBuf),
    /// Every program that reaches it.
    None,
}

/// The settings of the local HTTP server, checked.
#[derive(Debug)]
pub struct LocalSettings {
    pub backlog: LocalBacklog,
    pub auth: LocalAuth,
    pub listen: SocketAddr,
    pub mcp_path: String,
    pub allowed_hosts: Vec<String>,
    /// Whole origins, with their scheme.
    pub allowed_origins: Vec<String>,
    /// Whether a response is one JSON body instead of an event stream.
    pub json_response: bool,
}

/// How a client reaches the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Stdio,
    Http,
}

/// The transport in the setting; `stdio` by default.
pub fn transport(value: Option<String>) -> Result<Transport, ConfigError> {
    match given(value).as_deref() {
        None | Some("stdio") => Ok(Transport::Stdio),
        Some("http") => Ok(Transport::Http),
        Some(text) => Err(ConfigError::new(
            "MCP_TRANSPORT",
            format!("is {text:?}; expected stdio or http"),
        )),
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
    /// Whether these settings start the local server: API keys, and nothing that a shared service
    /// needs.
    pub fn is_local(&self, environment: &Environment) -> bool {
        self.has_api_keys(environment)
            && !self.has_oauth()
            && given_secret(self.database_url.clone()).is_none()
    }

    /// Whether any API key, or a setting that belongs to one, is set.
    pub fn has_api_keys(&self, environment: &Environment) -> bool {
        given_secret(self.api_key.backlog_api_key.clone()).is_some()
            || organizations::asked_for(environment)
    }

    /// Whether any OAuth setting is set.
    pub fn has_oauth(&self) -> bool {
        given(self.space.backlog_oauth_client_id.clone()).is_some()
            || given_secret(self.space.backlog_oauth_client_secret.clone()).is_some()
    }

    pub fn resolve_local(self, environment: &Environment) -> Result<LocalSettings, ConfigError> {
        let listen = self.http.listen()?;
        let allowed_hosts = listed(self.http.allowed_hosts.clone());
        if !listen.ip().is_loopback() && allowed_hosts.is_empty() {
            return Err(ConfigError::new(
                "MCP_HTTP_ALLOWED_HOSTS",
                "is not set, and MCP_HTTP_HOST opens the server to other computers: anyone with \
                 its token can use your API key. Listen on 127.0.0.1, or list the host names that \
                 clients use",
            ));
        }
        let backlog = backlog(
            self.space.backlog_domain,
            self.api_key,
            self.tools,
            environment,
        )?;
        Ok(LocalSettings {
            backlog,
            auth: auth(&self.http, self.data_dir, listen)?,
            listen,
            json_response: switch("MCP_HTTP_JSON_RESPONSE", self.http.json_response, true)?,
            mcp_path: mcp_path(given(self.http.path))?,
            allowed_hosts,
            allowed_origins: listed(self.http.allowed_origins)
                .into_iter()
                .flat_map(origins)
                .collect(),
        })
    }
}

fn auth(
    http: &HttpArgs,
    data_dir: Option<PathBuf>,
    listen: SocketAddr,
) -> Result<LocalAuth, ConfigError> {
    let wrong = |problem: &str| Err(ConfigError::new("MCP_HTTP_AUTH", problem));
    match (
        given(http.auth.clone()).as_deref(),
        given_secret(http.token.clone()),
    ) {
        (None | Some("token"), Some(token)) => checked_token(&token).map(LocalAuth::Token),
        (None | Some("token"), None) => {
            let directory = given_path(data_dir).map_or_else(default_data_dir, Ok);
            let directory = directory.map_err(|error| {
                let problem = format!("is not set, and a generated token cannot be kept: {error}");
                ConfigError::new("MCP_HTTP_TOKEN", problem)
            })?;
            Ok(LocalAuth::TokenFile(directory.join(TOKEN_FILE)))
        }
        (Some("none"), Some(_)) => wrong("is none, and MCP_HTTP_TOKEN is set: remove one of them"),
        (Some("none"), None) if !listen.ip().is_loopback() => wrong(
            "is none, and MCP_HTTP_HOST opens the server to other computers: anyone who reaches \
             it can use your API key. Listen on 127.0.0.1, or remove MCP_HTTP_AUTH",
        ),
        (Some("none"), None) => Ok(LocalAuth::None),
        (Some(_), _) => wrong("is not valid; expected token or none"),
    }
}

/// The token, if an `Authorization` header can carry it (RFC 6750 §2.1).
fn checked_token(token: &SecretString) -> Result<SecretString, ConfigError> {
    let text = token.expose_secret().trim();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if text.len() < SHORTEST_TOKEN || !text.bytes().all(is_plain) {
        return Err(ConfigError::new(
            "MCP_HTTP_TOKEN",
            format!(
                "is not a valid token; expected at least {SHORTEST_TOKEN} letters, digits and \
                 -._~+/=. Generate one with `openssl rand -hex 32`"
            ),
        ));
    }
    Ok(text.into())
}

/// Expands a bare host to its origins with either scheme, at any port.
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
                "{also} not set. Set BACKLOG_DOMAIN to your space, such as acme.backlog.com, and \
                 BACKLOG_API_KEY to an API key from your personal settings in Backlog. For several \
                 spaces, set BACKLOG_ORG_<NAME>_DOMAIN, BACKLOG_ORG_<NAME>_API_KEY and \
                 BACKLOG_DEFAULT_ORG"
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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        serve: ServeArgs,
    }

    fn resolved(flags: &[&str]) -> Result<LocalAuth, String> {
        let key = [
            "serve",
            "--backlog-domain",
            "a.backlog.com",
            "--backlog-api-key",
            "k",
        ];
        let line = Line::try_parse_from(key.iter().chain(flags)).unwrap();
        let settings = line.serve.resolve_local(&Environment::default());
        settings
            .map(|settings| settings.auth)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_token_is_required_unless_the_operator_turns_it_off() {
        for flags in [&[][..], &["--http-auth", "token"], &["--http-token", " "]] {
            let flags = [flags, &["--data-dir", "/some/where"]].concat();
            let Ok(LocalAuth::TokenFile(file)) = resolved(&flags) else {
                panic!("{flags:?}")
            };
            assert_eq!(file.to_str(), Some("/some/where/mcp-http.token"));
        }
        let given = resolved(&["--http-token", " sixteen-or-more= "]);
        let Ok(LocalAuth::Token(token)) = given else {
            panic!("{given:?}")
        };
        assert_eq!(token.expose_secret(), "sixteen-or-more=");
        let open = resolved(&["--http-auth", "none"]);
        assert!(matches!(open, Ok(LocalAuth::None)), "{open:?}");
    }

    #[test]
    fn settings_that_would_admit_other_users_are_rejected() {
        let there: &[&str] = &[
            "--http-host",
            "0.0.0.0",
            "--http-allowed-hosts",
            "a.example",
        ];
        let open_there = [there, &["--http-auth", "none"]].concat();
        for (flags, expected) in [
            (
                &["--http-auth", "no"][..],
                "MCP_HTTP_AUTH is not valid; expected token or none",
            ),
            (
                &["--http-auth", "none", "--http-token", "sixteen-or-more="],
                "MCP_HTTP_AUTH is none, and MCP_HTTP_TOKEN is set",
            ),
            (
                &["--http-token", "short"],
                "MCP_HTTP_TOKEN is not a valid token; expected at least 16",
            ),
            (&["--http-token", "with a blank in it"], "MCP_HTTP_TOKEN"),
            (
                &open_there[..],
                "MCP_HTTP_AUTH is none, and MCP_HTTP_HOST opens",
            ),
        ] {
            let error = resolved(flags).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
            assert!(
                !error.contains("short") && !error.contains("blank"),
                "{error}"
            );
        }
        let with_token = [there, &["--http-token", "sixteen-or-more="]].concat();
        assert!(resolved(&with_token).is_ok());
    }
}
