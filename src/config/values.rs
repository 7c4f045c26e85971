//! Parses the text of a setting. An empty one counts as unset.

use std::{path::PathBuf, str::FromStr, time::Duration};

use clap::builder::{OsStringValueParser, TypedValueParser};
use secrecy::SecretString;

use super::error::ConfigError;
use crate::domain::Authority;

const LONGEST: Duration = Duration::from_hours(87600);

/// Parses a setting; `expected` describes a valid value in the error.
pub(super) fn parsed<T: FromStr>(
    name: &'static str,
    value: Option<String>,
    expected: &str,
) -> Result<Option<T>, ConfigError> {
    given(value)
        .map(|text| {
            text.parse()
                .map_err(|_| ConfigError::new(name, format!("is {text:?}; expected {expected}")))
        })
        .transpose()
}

/// Parses `true`, `false`, `1` or `0`, as the upstream server does; `unset` if it is not set.
pub fn switch(name: &'static str, value: Option<String>, unset: bool) -> Result<bool, ConfigError> {
    match given(value).as_deref() {
        None => Ok(unset),
        Some("false" | "0") => Ok(false),
        Some("true" | "1") => Ok(true),
        Some(text) => Err(ConfigError::new(
            name,
            format!("is {text:?}; expected true or false"),
        )),
    }
}

pub(super) fn given(value: Option<String>) -> Option<String> {
    value
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}

pub fn given_secret(value: Option<SecretString>) -> Option<SecretString> {
    use secrecy::ExposeSecret;
    value.filter(|secret| !secret.expose_secret().trim().is_empty())
}

/// A parser that also accepts an empty path, which clap's own rejects.
pub fn path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

/// A path; an empty one is unset.
pub fn given_path(value: Option<PathBuf>) -> Option<PathBuf> {
    value.filter(|path| !path.as_os_str().is_empty())
}

pub(super) fn listed(values: Vec<String>) -> Vec<String> {
    values.into_iter().filter_map(|v| given(Some(v))).collect()
}

/// The host names of `MCP_HTTP_ALLOWED_HOSTS`. One in another form would never match a request.
pub(super) fn hosts(values: Vec<String>) -> Result<Vec<String>, ConfigError> {
    let hosts = listed(values);
    match hosts.iter().find(|host| Authority::parse(host).is_none()) {
        None => Ok(hosts),
        Some(wrong) => Err(ConfigError::new(
            "MCP_HTTP_ALLOWED_HOSTS",
            format!(
                "lists {wrong:?}; expected host names such as mcp.example.com, with or without a port"
            ),
        )),
    }
}

/// Parses `90s`, `1h`, `30d`, or a number of seconds.
pub(super) fn duration(
    name: &'static str,
    value: Option<String>,
) -> Result<Option<Duration>, ConfigError> {
    let Some(text) = given(value) else {
        return Ok(None);
    };
    let seconds = text.parse().ok().map(Duration::from_secs);
    seconds
        .or_else(|| humantime::parse_duration(&text).ok())
        .filter(|time| time.as_secs() > 0 && *time <= LONGEST)
        .map(Some)
        .ok_or_else(|| {
            ConfigError::new(
                name,
                format!("is {text:?}; expected a time such as 90s, 1h or 30d, up to 10 years"),
            )
        })
}

#[cfg(test)]
mod tests {
    use backlog_client::BacklogUrl;
    use clap::Parser;

    use crate::config::{ServeArgs, Storage, default_data_dir};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        serve: ServeArgs,
    }

    #[test]
    fn an_empty_path_is_unset() {
        let flags = ["--database-url", "--data-dir", "--encryption-keys-file"];
        let line = flags.iter().flat_map(|flag| [*flag, ""]);
        let line = Line::try_parse_from(["serve"].into_iter().chain(line)).unwrap();
        let settings = line.serve.resolve().unwrap();
        let Storage::Embedded { data_dir, keys } = settings.storage else {
            panic!("a database was given");
        };
        assert_eq!(data_dir, default_data_dir().unwrap());
        assert!(keys.is_none());
    }

    /// The checked setting, or its error.
    fn allowed_origins(setting: &str) -> Result<Vec<String>, String> {
        let line = Line::try_parse_from(["serve", "--http-allowed-origins", setting]).unwrap();
        let settings = line.serve.resolve();
        settings
            .map(|settings| settings.allowed_origins)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn allowed_hosts_are_names_with_or_without_a_port() {
        let hosts = |setting: &str| {
            let line = Line::try_parse_from(["serve", "--http-allowed-hosts", setting]).unwrap();
            let settings = line.serve.resolve();
            settings
                .map(|settings| settings.allowed_hosts)
                .map_err(|error| error.to_string())
        };
        let kept = hosts("mcp.example.com, a.example:8443,[::1],").unwrap();
        assert_eq!(kept, ["mcp.example.com", "a.example:8443", "[::1]"]);
        for wrong in [
            "https://mcp.example.com",
            "a.example/mcp",
            "a.example:https",
        ] {
            let error = hosts(&format!("good.example,{wrong}")).unwrap_err();
            let expected = format!("MCP_HTTP_ALLOWED_HOSTS lists {wrong:?}");
            assert!(error.starts_with(&expected), "{error}");
        }
    }

    #[test]
    fn sites_are_added_to_those_of_nulab() {
        let sites = |setting: &str| {
            let line = Line::try_parse_from(["serve", "--backlog-sites", setting]).unwrap();
            let settings = line.serve.resolve();
            settings
                .map(|settings| settings.sites)
                .map_err(|error| error.to_string())
        };
        let url = |text: &str| BacklogUrl::parse(text).unwrap();
        let added = sites("backlog.example, *.corp.example,").unwrap();
        for site in ["acme.backlog.com", "backlog.example", "a.corp.example"] {
            assert!(added.contain(&url(site)), "{site}");
        }
        assert!(!added.contain(&url("corp.example")));
        assert!(!sites("").unwrap().contain(&url("backlog.example")));
        for wrong in ["*", "http://backlog.example", "backlog.example/path"] {
            let error = sites(&format!("good.example,{wrong}")).unwrap_err();
            let expected = format!("BACKLOG_SITES lists {wrong:?}: ");
            assert!(error.starts_with(&expected), "{error}");
        }
    }

    #[test]
    fn origins_are_kept_as_browsers_write_them() {
        let kept = allowed_origins(
            "https://app.example.com, https://App.Example.com:443/,http://[::1]:6274,",
        );
        let expected = [
            "https://app.example.com",
            "https://app.example.com",
            "http://[::1]:6274",
        ];
        assert_eq!(kept.unwrap(), expected);
        assert!(allowed_origins("").unwrap().is_empty());
    }

    #[test]
    fn an_invalid_origin_is_named_with_its_setting() {
        for wrong in [
            "*",
            "null",
            "app.example.com",
            "localhost:6274",
            "https://a b",
            "https://*.example.com",
            "https://app.example.com/path",
            "https://app.example.com?query",
            "https://user@app.example.com",
            "ftp://app.example.com",
        ] {
            let error = allowed_origins(&format!("https://good.example,{wrong}")).unwrap_err();
            let expected = format!("MCP_HTTP_ALLOWED_ORIGINS lists {wrong:?}");
            assert!(error.starts_with(&expected), "{error}");
        }
    }
}
