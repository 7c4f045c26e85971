//! The settings of `serve` as flags and environment variables.

use clap::Args;
use secrecy::SecretString;
use std::path::PathBuf;

/// Settings of `serve`, as given.
#[derive(Args, Debug, Default)]
pub struct ServeArgs {
    /// PostgreSQL to use, e.g. postgres://user:password@host/database. Without it
    /// the hub runs a PostgreSQL of its own in the data directory
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<SecretString>,
    /// Where the built-in PostgreSQL and its generated key live, and the generated token of the
    /// server of an API key
    #[arg(long, env = "DATA_DIR", value_name = "DIR", value_parser = super::path())]
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
    #[arg(
        long,
        env = "ENCRYPTION_KEYS_FILE",
        value_name = "FILE",
        value_parser = super::path()
    )]
    pub encryption_keys_file: Option<PathBuf>,
    /// The URL people reach the hub at, e.g. https://mcp.example.com
    #[arg(long, env = "MCP_SERVER_BASE_URL", value_name = "URL")]
    pub base_url: Option<String>,
    #[command(flatten)]
    pub space: SpaceArgs,
    /// Backlog sites that spaces may be at, beside those below backlog.com, backlog.jp and
    /// backlogtool.com and that of BACKLOG_DOMAIN, e.g. backlog.example.com,*.corp.example
    #[arg(
        long,
        env = "BACKLOG_SITES",
        value_delimiter = ',',
        value_name = "HOST,…"
    )]
    pub backlog_sites: Vec<String>,
    #[command(flatten)]
    pub api_key: ApiKeyArgs,
    #[command(flatten)]
    pub tools: ToolArgs,
    #[command(flatten)]
    pub http: HttpArgs,
    #[command(flatten)]
    pub clients: super::ClientArgs,
    #[command(flatten)]
    pub lifetimes: LifetimeArgs,
    #[command(flatten)]
    pub observe: super::ObserveArgs,
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
    /// More host names to answer to, beside the base URL's, e.g. old.example.com. Clients can
    /// connect at each of them, by https
    #[arg(
        long = "http-allowed-hosts",
        env = "MCP_HTTP_ALLOWED_HOSTS",
        value_delimiter = ',',
        value_name = "HOST,…"
    )]
    pub allowed_hosts: Vec<String>,
    /// Browser origins that may call the hub, such as https://app.example.com [default: any;
    /// tokens are in headers, not cookies]
    #[arg(
        long = "http-allowed-origins",
        env = "MCP_HTTP_ALLOWED_ORIGINS",
        value_delimiter = ',',
        value_name = "ORIGIN,…"
    )]
    pub allowed_origins: Vec<String>,
    /// Who may call the server of an API key: `token`, whoever presents MCP_HTTP_TOKEN, or `none`,
    /// every program on this computer, on loopback only [default: token]
    #[arg(long = "http-auth", env = "MCP_HTTP_AUTH", value_name = "token|none")]
    pub auth: Option<String>,
    /// The bearer token of the server of an API key, at least 16 characters; without it, one is
    /// generated, printed at the start, and kept in the data directory
    #[arg(
        long = "http-token",
        env = "MCP_HTTP_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    pub token: Option<SecretString>,
    /// Answer with one JSON body, not with a stream of events; with an API key only [default: true]
    #[arg(
        long = "http-json-response",
        env = "MCP_HTTP_JSON_RESPONSE",
        value_name = "true|false",
        num_args = 0..=1,
        default_missing_value = "true"
    )]
    pub json_response: Option<String>,
    /// Addresses or networks of the proxies whose X-Forwarded-For and traceparent are believed
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
    /// How long a sign-in may take, from the client's request to Backlog's answer, from 1m to 1h
    /// [default: 15m]
    #[arg(long, env = "SIGN_IN_TTL", value_name = "TIME")]
    pub sign_in_ttl: Option<String>,
    /// How long an authorization code lives until the client exchanges it, at most 10m
    /// [default: 2m]
    #[arg(long, env = "AUTHORIZATION_CODE_TTL", value_name = "TIME")]
    pub authorization_code_ttl: Option<String>,
    /// How long an access token lives [default: 1h]
    #[arg(long, env = "ACCESS_TOKEN_TTL", value_name = "TIME")]
    pub access_token_ttl: Option<String>,
    /// How long a refresh token lives, counted anew at each refresh [default: 30d]
    #[arg(long, env = "REFRESH_TOKEN_TTL", value_name = "TIME")]
    pub refresh_token_ttl: Option<String>,
    /// How long a used refresh token still yields the same answer, at most 10m [default: 60s]
    #[arg(long, env = "REFRESH_GRACE", value_name = "TIME")]
    pub refresh_grace: Option<String>,
}

/// What stands around every tool, as given.
#[derive(Args, Debug, Default)]
pub struct ToolArgs {
    /// Let callers choose the fields of a result (the input `fields`) [default: false]
    #[arg(
        long,
        env = "OPTIMIZE_RESPONSE",
        value_name = "true|false",
        num_args = 0..=1,
        default_missing_value = "true"
    )]
    pub optimize_response: Option<String>,
    /// The most tokens that a result may have; longer ones are cut, with a note that says how to
    /// read on [default: 20000]
    #[arg(long, env = "MAX_TOKENS", value_name = "NUMBER")]
    pub max_tokens: Option<String>,
    /// Answer with a result as JSON for programs, beside the text [default: false]
    #[arg(long, env = "STRUCTURED_CONTENT", value_name = "true|false")]
    pub structured_content: Option<String>,
    /// Describe an input that takes an id or a name by both types, which not every client and
    /// model provider takes [default: false]
    #[arg(
        long,
        env = "SCHEMA_UNIONS",
        value_name = "true|false",
        num_args = 0..=1,
        default_missing_value = "true"
    )]
    pub schema_unions: Option<String>,
    /// Stands before the name of every tool: ASCII letters, digits, `_` and `-`, such as `acme_`
    #[arg(long, env = "PREFIX", value_name = "TEXT")]
    pub prefix: Option<String>,
    /// Offer only the tools of these sets; `default` and `everything` name several [default: all]
    #[arg(long, env = "ENABLE_TOOLSETS", value_name = "NAME,…", num_args = 1..)]
    pub enable_toolsets: Vec<String>,
}

/// A space used with one API key: no sign-in, everybody who calls is that user.
#[derive(Args, Debug, Default)]
pub struct ApiKeyArgs {
    /// API key of a Backlog user, for use on one's own computer
    #[arg(
        long,
        env = "BACKLOG_API_KEY",
        hide_env_values = true,
        value_name = "KEY"
    )]
    pub backlog_api_key: Option<SecretString>,
}

/// Settings of `stdio`, as given.
#[derive(Args, Debug, Default)]
pub struct StdioArgs {
    /// The Backlog space, e.g. acme.backlog.com
    #[arg(long, env = "BACKLOG_DOMAIN", value_name = "HOST")]
    pub backlog_domain: Option<String>,
    #[command(flatten)]
    pub api_key: ApiKeyArgs,
    #[command(flatten)]
    pub tools: ToolArgs,
}
