//! How the text of a setting is read. An empty one counts as unset.

use std::{path::PathBuf, str::FromStr, time::Duration};

use clap::builder::{OsStringValueParser, TypedValueParser};
use secrecy::SecretString;

use super::ConfigError;

const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// A setting that is parsed; an empty one is unset.
pub(super) fn parsed<T: FromStr>(
    name: &'static str,
    value: Option<String>,
    wants: &str,
) -> Result<Option<T>, ConfigError> {
    given(value)
        .map(|text| {
            text.parse()
                .map_err(|_| ConfigError::new(name, format!("is {text:?}; it wants {wants}")))
        })
        .transpose()
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

/// Reads paths, an empty one, too: clap's own parser would refuse it.
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

/// `90s`, `1h`, `30d`, or a number of seconds.
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
                format!("is {text:?}; it wants a time such as 90s, 1h or 30d, up to 10 years"),
            )
        })
}

#[cfg(test)]
mod tests {
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
}
