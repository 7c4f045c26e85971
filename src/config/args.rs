//! The settings of `serve` as flags and environment variables.

use clap::Args;
use secrecy::SecretString;
use std::path::PathBuf;

use super::{clients::ClientArgs, observe::ObserveArgs, operator::OperatorArgs, values::path};

/// The settings of `serve`, unchecked.
#[expect(clippy::doc_markdown, reason = "the comments are the text of --help")]
#[derive(Args, Debug, Default)]
pub struct ServeArgs {
    /// PostgreSQL to use, e.g. postgres://user:password@host/database [default: the built-in one]
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<SecretString>,
    /// Directory of the built-in PostgreSQL, of its generated key, and of the generated token of
    /// the local server [default: ~/.local/share/backlog-mcp-hub; for root
    /// /var/lib/backlog-mcp-hub]
    #[arg(long, env = "DATA_DIR", value_name = "DIR", value_parser = path())]
    pub data_dir: Option<PathBuf>,
    /// Master keys as id:base64[,id:base64…], 32 bytes each; the first one encrypts.
    /// Required with DATABASE_URL. Generate one with `backlog-mcp-hub keys generate`
    #[arg(
        long,
        env = "ENCRYPTION_KEYS",
        hide_env_values = true,
        value_name = "KEYS"
    )]
    pub encryption_keys: Option<SecretString>,
    /// A file with the master keys, one id:base64 per line, in place of ENCRYPTION_KEYS
    #[arg(
        long,
        env = "ENCRYPTION_KEYS_FILE",
        value_name = "FILE",
        value_parser = path()
    )]
    pub encryption_keys_file: Option<PathBuf>,
    /// The public URL of the hub, e.g. https://mcp.example.com. Required unless the hub listens on
    /// loopback
    #[arg(long, env = "MCP_SERVER_BASE_URL", value_name = "URL")]
    pub base_url: Option<String>,
    #[command(flatten)]
    pub space: SpaceArgs,
    /// More hosts that spaces may have, e.g. backlog.example.com,*.corp.example. Hosts below
    /// backlog.com, backlog.jp and backlogtool.com and that of BACKLOG_DOMAIN are always allowed
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
    pub clients: ClientArgs,
    #[command(flatten)]
    pub lifetimes: LifetimeArgs,
    #[command(flatten)]
    pub operator: OperatorArgs,
    #[command(flatten)]
    pub observe: ObserveArgs,
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
    /// Client secret of the OAuth application
    #[arg(
        long,
        env = "BACKLOG_OAUTH_CLIENT_SECRET",
        hide_env_values = true,
        value_name = "SECRET"
    )]
    pub backlog_oauth_client_secret: Option<SecretString>,
}

/// Where the HTTP server listens, and which requests it accepts.
#[expect(clippy::doc_markdown, reason = "the comments are the text of --help")]
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
    /// More host names that clients can connect to, by https, in addition to that of the base URL,
    /// e.g. old.example.com
    #[arg(
        long = "http-allowed-hosts",
        env = "MCP_HTTP_ALLOWED_HOSTS",
        value_delimiter = ',',
        value_name = "HOST,…"
    )]
    pub allowed_hosts: Vec<String>,
    /// Browser origins that may call the hub, e.g. https://app.example.com [default: any; tokens are
    /// in headers, not cookies]
    #[arg(
        long = "http-allowed-origins",
        env = "MCP_HTTP_ALLOWED_ORIGINS",
        value_delimiter = ',',
        value_name = "ORIGIN,…"
    )]
    pub allowed_origins: Vec<String>,
    /// Authentication of the local server: `token`, only clients with MCP_HTTP_TOKEN, or `none`,
    /// every program on this computer, on loopback only [default: token]
    #[arg(long = "http-auth", env = "MCP_HTTP_AUTH", value_name = "token|none")]
    pub auth: Option<String>,
    /// The bearer token of the local server, at least 16 characters [default: a generated one; the
    /// server prints it at start and keeps it in the data directory]
    #[arg(
        long = "http-token",
        env = "MCP_HTTP_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    pub token: Option<SecretString>,
    /// Respond with one JSON body instead of an event stream; local server only [default: true]
    #[arg(
        long = "http-json-response",
        env = "MCP_HTTP_JSON_RESPONSE",
        value_name = "true|false",
        num_args = 0..=1,
        default_missing_value = "true"
    )]
    pub json_response: Option<String>,
    /// Addresses or networks of proxies that may set X-Forwarded-For and traceparent, e.g.
    /// 10.0.0.0/8 [default: none]
    #[arg(
        long,
        env = "TRUSTED_PROXIES",
        value_delimiter = ',',
        value_name = "NETWORK,…"
    )]
    pub trusted_proxies: Vec<String>,
}

/// Durations, as `1h`, `30d` or a number of seconds.
#[derive(Args, Debug, Default)]
pub struct LifetimeArgs {
    /// How long a sign-in may take, from the client's request to the redirect back from Backlog,
    /// from 1m to 1h [default: 15m]
    #[arg(long, env = "SIGN_IN_TTL", value_name = "TIME")]
    pub sign_in_ttl: Option<String>,
    /// Lifetime of an authorization code, at most 10m [default: 2m]
    #[arg(long, env = "AUTHORIZATION_CODE_TTL", value_name = "TIME")]
    pub authorization_code_ttl: Option<String>,
    /// Lifetime of an access token [default: 1h]
    #[arg(long, env = "ACCESS_TOKEN_TTL", value_name = "TIME")]
    pub access_token_ttl: Option<String>,
    /// Lifetime of a refresh token; each refresh starts a new one [default: 30d]
    #[arg(long, env = "REFRESH_TOKEN_TTL", value_name = "TIME")]
    pub refresh_token_ttl: Option<String>,
    /// How long a used refresh token still returns the same response, at most 10m [default: 60s]
    #[arg(long, env = "REFRESH_GRACE", value_name = "TIME")]
    pub refresh_grace: Option<String>,
    /// How long after its sign-in a grant ends, however often it is refreshed, such as 90d; at least
    /// 1h [default: never]
    #[arg(long, env = "GRANT_MAX_AGE", value_name = "TIME")]
    pub grant_max_age: Option<String>,
}

/// The settings that apply to every tool, unchecked.
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
    /// Maximum size of a result, in approximate tokens; longer results are truncated, with a note
    /// on how to fetch the rest [default: 20000]
    #[arg(long, env = "MAX_TOKENS", value_name = "NUMBER")]
    pub max_tokens: Option<String>,
    /// Form of the results of the classic tools: full, Backlog's JSON, or concise, shorter JSON with
    /// names instead of objects [default: full]
    #[arg(long, env = "RESPONSE_FORMAT", value_name = "concise|full")]
    pub response_format: Option<String>,
    /// Return each result as structured JSON in addition to the text [default: false]
    #[arg(long, env = "STRUCTURED_CONTENT", value_name = "true|false")]
    pub structured_content: Option<String>,
    /// Describe an input that accepts an id or a name by both types; some clients and model
    /// providers reject such a schema [default: false]
    #[arg(
        long,
        env = "SCHEMA_UNIONS",
        value_name = "true|false",
        num_args = 0..=1,
        default_missing_value = "true"
    )]
    pub schema_unions: Option<String>,
    /// Ask for a confirmation before a tool deletes something, also where the tool is called by its
    /// own name; `run_tool` always asks [default: false]
    #[arg(
        long,
        env = "CONFIRM_DELETES",
        value_name = "true|false",
        num_args = 0..=1,
        default_missing_value = "true"
    )]
    pub confirm_deletes: Option<String>,
    /// Prefix of every tool's name, of ASCII letters, digits, `_` and `-`, e.g. acme_
    /// [default: none]
    #[arg(long, env = "PREFIX", value_name = "TEXT")]
    pub prefix: Option<String>,
    /// Offer only the tools of these toolsets; `classic` and `everything` name several
    /// [default: all]
    #[arg(long, env = "ENABLE_TOOLSETS", value_name = "NAME,…", num_args = 1..)]
    pub enable_toolsets: Vec<String>,
    /// Offer only these tools, by their names, of those that the toolsets allow; one that does not
    /// exist is an error [default: all]
    #[arg(long, env = "ENABLE_TOOLS", value_name = "NAME,…", num_args = 1..)]
    pub enable_tools: Vec<String>,
    /// Do not offer these tools, by their names, nor work tools that need them [default: none]
    #[arg(long, env = "EXCLUDE_TOOLS", value_name = "NAME,…", num_args = 1..)]
    pub exclude_tools: Vec<String>,
    /// Reach only these Backlog projects, by their keys, e.g. ACME,OPS [default: all]
    #[arg(long, env = "BACKLOG_PROJECTS", value_name = "KEY,…", num_args = 1..)]
    pub backlog_projects: Vec<String>,
}

/// One API key for a space: there is no sign-in, and every call acts as the user of the key.
#[derive(Args, Debug, Default)]
pub struct ApiKeyArgs {
    /// API key of a Backlog user, for use on your own computer
    #[arg(
        long,
        env = "BACKLOG_API_KEY",
        hide_env_values = true,
        value_name = "KEY"
    )]
    pub backlog_api_key: Option<SecretString>,
}

/// The settings of `stdio`, unchecked.
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
