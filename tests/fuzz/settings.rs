//! What operators write: `.env`, and the values in it.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    str::FromStr,
};

use backlog_client::BacklogUrl;
use backlog_mcp_hub::config::{
    ApiKeyArgs, BaseUrl, ClientArgs, ConfigError, Environment, HttpArgs, LifetimeArgs, ObserveArgs,
    OperatorArgs, ServeArgs, SpaceArgs, ToolArgs, descriptions,
};
use clap::Args;
use foundation::random::Random;
use sealing::KeyRing;
use secrecy::SecretString;

use crate::inputs::Inputs;

/// The settings that have one name each, as the command line takes them from the environment. Each
/// field is written out, so that a new setting does not compile until it is here.
struct Settings<'a> {
    environment: &'a Environment,
    /// The names that were asked for.
    names: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Settings<'a> {
    fn of(environment: &'a Environment) -> Self {
        Self {
            environment,
            names: RefCell::default(),
        }
    }

    fn text(&self, name: &'static str) -> Option<String> {
        self.names.borrow_mut().insert(name);
        self.environment.get(name).map(str::to_owned)
    }

    fn secret(&self, name: &'static str) -> Option<SecretString> {
        self.text(name).map(SecretString::from)
    }

    fn list(&self, name: &'static str) -> Vec<String> {
        let value = self.text(name).unwrap_or_default();
        value.split(',').map(str::to_owned).collect()
    }

    /// A file that does not exist: an input must not have a device of this machine read.
    fn path(&self, name: &'static str) -> Option<PathBuf> {
        let path = PathBuf::from(self.text(name)?);
        Some(Path::new("/nonexistent").join(path.file_name().unwrap_or_default()))
    }

    fn arguments(&self) -> ServeArgs {
        ServeArgs {
            database_url: self.secret("DATABASE_URL"),
            data_dir: self.path("DATA_DIR"),
            encryption_keys: self.secret("ENCRYPTION_KEYS"),
            encryption_keys_file: self.path("ENCRYPTION_KEYS_FILE"),
            base_url: self.text("MCP_SERVER_BASE_URL"),
            space: SpaceArgs {
                backlog_domain: self.text("BACKLOG_DOMAIN"),
                backlog_oauth_client_id: self.text("BACKLOG_OAUTH_CLIENT_ID"),
                backlog_oauth_client_secret: self.secret("BACKLOG_OAUTH_CLIENT_SECRET"),
            },
            backlog_sites: self.list("BACKLOG_SITES"),
            api_key: ApiKeyArgs {
                backlog_api_key: self.secret("BACKLOG_API_KEY"),
            },
            tools: self.tools(),
            http: self.http(),
            clients: ClientArgs {
                client_id_metadata_documents: self.text("CLIENT_ID_METADATA_DOCUMENTS"),
                dynamic_registration: self.text("DYNAMIC_REGISTRATION"),
                refused_networks: self.list("REFUSED_NETWORKS"),
                nat64_prefixes: self.list("NAT64_PREFIXES"),
            },
            lifetimes: LifetimeArgs {
                sign_in_ttl: self.text("SIGN_IN_TTL"),
                authorization_code_ttl: self.text("AUTHORIZATION_CODE_TTL"),
                access_token_ttl: self.text("ACCESS_TOKEN_TTL"),
                refresh_token_ttl: self.text("REFRESH_TOKEN_TTL"),
                refresh_grace: self.text("REFRESH_GRACE"),
                grant_max_age: self.text("GRANT_MAX_AGE"),
            },
            operator: OperatorArgs {
                operator_name: self.text("OPERATOR_NAME"),
                operator_logo_file: self.path("OPERATOR_LOGO_FILE"),
                operator_contact: self.text("OPERATOR_CONTACT"),
                operator_help_url: self.text("OPERATOR_HELP_URL"),
            },
            observe: ObserveArgs {
                metrics_addr: self.text("METRICS_ADDR"),
                audit_retention: self.text("AUDIT_RETENTION"),
                audit_tool_calls: self.text("AUDIT_TOOL_CALLS"),
                client_addresses: self.text("CLIENT_ADDRESSES"),
            },
        }
    }

    fn tools(&self) -> ToolArgs {
        ToolArgs {
            optimize_response: self.text("OPTIMIZE_RESPONSE"),
            max_tokens: self.text("MAX_TOKENS"),
            response_format: self.text("RESPONSE_FORMAT"),
            structured_content: self.text("STRUCTURED_CONTENT"),
            schema_unions: self.text("SCHEMA_UNIONS"),
            confirm_deletes: self.text("CONFIRM_DELETES"),
            prefix: self.text("PREFIX"),
            enable_toolsets: self.list("ENABLE_TOOLSETS"),
            enable_tools: self.list("ENABLE_TOOLS"),
            exclude_tools: self.list("EXCLUDE_TOOLS"),
            backlog_projects: self.list("BACKLOG_PROJECTS"),
        }
    }

    fn http(&self) -> HttpArgs {
        HttpArgs {
            host: self.text("MCP_HTTP_HOST"),
            port: self.text("MCP_HTTP_PORT"),
            path: self.text("MCP_HTTP_PATH"),
            allowed_hosts: self.list("MCP_HTTP_ALLOWED_HOSTS"),
            allowed_origins: self.list("MCP_HTTP_ALLOWED_ORIGINS"),
            auth: self.text("MCP_HTTP_AUTH"),
            token: self.secret("MCP_HTTP_TOKEN"),
            json_response: self.text("MCP_HTTP_JSON_RESPONSE"),
            trusted_proxies: self.list("TRUSTED_PROXIES"),
        }
    }
}

/// Each is read by the name that the command line has for it, and each is in the corpus.
#[test]
fn every_setting_of_the_command_line_is_tried() {
    let command = ServeArgs::augment_args(clap::Command::new("serve"));
    let expected: BTreeSet<_> = command
        .get_arguments()
        .filter_map(|argument| argument.get_env()?.to_str())
        .collect();
    let nothing = Environment::default();
    let settings = Settings::of(&nothing);
    settings.arguments();
    assert_eq!(*settings.names.borrow(), expected);
    let inputs = Inputs::of("settings");
    let given: BTreeSet<String> = inputs
        .seeds()
        .iter()
        .flat_map(|seed| dotenvy::from_read_iter(&seed[..]).map_while(Result::ok))
        .map(|(name, _)| name)
        .collect();
    let missing: Vec<_> = expected
        .iter()
        .filter(|name| !given.contains(**name))
        .collect();
    assert_eq!(missing, Vec::<&&str>::new());
}

/// Errors end up in logs and in questions to strangers.
fn assert_no_secret(error: &ConfigError, environment: &Environment) {
    let shown = error.to_string();
    for name in [
        "DATABASE_URL",
        "ENCRYPTION_KEYS",
        "BACKLOG_OAUTH_CLIENT_SECRET",
        "BACKLOG_API_KEY",
        "MCP_HTTP_TOKEN",
    ] {
        let secret = environment.get(name).filter(|value| value.len() >= 12);
        // A secret that another setting repeats may be quoted from there.
        let secret = secret.filter(|secret| {
            !environment.given().any(|(other, value)| {
                other != name && (other.contains(*secret) || value.contains(*secret))
            })
        });
        assert!(
            secret.is_none_or(|secret| !shown.contains(secret)),
            "{name}: {shown}"
        );
    }
}

#[test]
fn settings() {
    Inputs::of("settings").try_all(|input| {
        // A line that is wrong ends the program, with an error; those before it are read.
        let lines = dotenvy::from_read_iter(input).map_while(Result::ok);
        let environment = Environment::new(lines, None);
        // They go through all tools, which takes longer than everything else here.
        if environment
            .given()
            .any(|(name, _)| name.starts_with("TOOL_"))
        {
            descriptions(&environment);
        }
        if let Some(keys) = environment.get("ENCRYPTION_KEYS") {
            drop(KeyRing::parse(&keys.into(), Random::system()));
        }
        let arguments = || Settings::of(&environment).arguments();
        arguments().is_local(&environment);
        if let Err(error) = arguments().resolve() {
            assert_no_secret(&error, &environment);
        }
        match arguments().resolve_local(&environment) {
            Err(error) => assert_no_secret(&error, &environment),
            Ok(local) => assert!(
                local.listen.ip().is_loopback() || !local.allowed_hosts.is_empty(),
                "open to other computers"
            ),
        }
    });
}

#[test]
fn addresses() {
    Inputs::of("addresses").try_all(|input| {
        let text = &*String::from_utf8_lossy(input);
        if let Ok(url) = BacklogUrl::from_str(text) {
            assert_eq!(BacklogUrl::from_str(url.as_str()).as_ref(), Ok(&url));
        }
        if let Ok(url) = BaseUrl::parse(text) {
            let again = BaseUrl::parse(url.as_str()).expect("the same");
            assert_eq!(again.as_str(), url.as_str());
            let issuer = url::Url::parse(url.as_str()).expect("a URL");
            let loopback = issuer.host_str() == Some(&*Ipv4Addr::LOCALHOST.to_string());
            assert!(url.is_https() || !loopback || issuer.scheme() == "http");
        }
    });
}
