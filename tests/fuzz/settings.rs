//! What operators write: `.env`, and the values in it.

use std::{net::Ipv4Addr, str::FromStr};

use backlog_mcp_hub::{
    backlog::BacklogUrl,
    config::{
        ApiKeyArgs, BaseUrl, ConfigError, Environment, HttpArgs, LifetimeArgs, ObserveArgs,
        ServeArgs, SpaceArgs, ToolArgs, descriptions,
    },
    crypto::KeyRing,
    random::Random,
};
use secrecy::SecretString;

use crate::inputs::Inputs;

/// The settings that have one name each, as the command line takes them from the environment.
fn arguments(environment: &Environment) -> ServeArgs {
    let text = |name: &str| environment.get(name).map(str::to_owned);
    let secret = |name: &str| environment.get(name).map(SecretString::from);
    let list = |name: &str| {
        let value = environment.get(name).unwrap_or_default();
        value.split(',').map(str::to_owned).collect()
    };
    ServeArgs {
        database_url: secret("DATABASE_URL"),
        encryption_keys: secret("ENCRYPTION_KEYS"),
        base_url: text("MCP_SERVER_BASE_URL"),
        space: SpaceArgs {
            backlog_domain: text("BACKLOG_DOMAIN"),
            backlog_oauth_client_id: text("BACKLOG_OAUTH_CLIENT_ID"),
            backlog_oauth_client_secret: secret("BACKLOG_OAUTH_CLIENT_SECRET"),
        },
        api_key: ApiKeyArgs {
            backlog_api_key: secret("BACKLOG_API_KEY"),
        },
        tools: ToolArgs {
            optimize_response: text("OPTIMIZE_RESPONSE"),
            max_tokens: text("MAX_TOKENS"),
            prefix: text("PREFIX"),
            enable_toolsets: list("ENABLE_TOOLSETS"),
            ..ToolArgs::default()
        },
        http: HttpArgs {
            host: text("MCP_HTTP_HOST"),
            port: text("MCP_HTTP_PORT"),
            path: text("MCP_HTTP_PATH"),
            allowed_hosts: list("MCP_HTTP_ALLOWED_HOSTS"),
            allowed_origins: list("MCP_HTTP_ALLOWED_ORIGINS"),
            trusted_proxies: list("TRUSTED_PROXIES"),
            ..HttpArgs::default()
        },
        lifetimes: LifetimeArgs {
            sign_in_ttl: text("SIGN_IN_TTL"),
            access_token_ttl: text("ACCESS_TOKEN_TTL"),
            refresh_token_ttl: text("REFRESH_TOKEN_TTL"),
            ..LifetimeArgs::default()
        },
        observe: ObserveArgs {
            metrics_addr: text("METRICS_ADDR"),
            audit_retention: text("AUDIT_RETENTION"),
            ..ObserveArgs::default()
        },
        ..ServeArgs::default()
    }
}

/// Errors end up in logs and in questions to strangers.
fn assert_no_secret(error: &ConfigError, environment: &Environment) {
    let shown = error.to_string();
    for name in [
        "ENCRYPTION_KEYS",
        "BACKLOG_OAUTH_CLIENT_SECRET",
        "BACKLOG_API_KEY",
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
        let arguments = || arguments(&environment);
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
