//! Several spaces: `BACKLOG_ORG_<NAME>_DOMAIN`, `BACKLOG_ORG_<NAME>_API_KEY`,
//! `BACKLOG_DEFAULT_ORG`.
//!
//! One such variable is enough to enable this mode; then each name needs both variables, and the
//! default must be one of the names. Names keep their case.

use std::collections::BTreeMap;

use backlog_client::BacklogUrl;
use secrecy::SecretString;

use super::{environment::Environment, error::ConfigError, local_space::LocalSpace};

const PREFIX: &str = "BACKLOG_ORG_";
const DOMAIN: &str = "_DOMAIN";
const API_KEY: &str = "_API_KEY";
const DEFAULT: &str = "BACKLOG_DEFAULT_ORG";
/// How errors name the variables.
const VARIABLES: &str = "BACKLOG_ORG_<NAME>_DOMAIN and _API_KEY:";

/// The spaces by their names, sorted; at least one.
#[derive(Debug)]
pub struct OrganizationSettings {
    pub all: Vec<(String, LocalSpace)>,
    /// The index of the default space in `all`.
    pub default: usize,
}

#[derive(Default)]
struct Pair<'a> {
    domain: Option<&'a str>,
    api_key: Option<&'a str>,
}

/// Whether the environment describes several spaces.
pub(super) fn asked_for(environment: &Environment) -> bool {
    environment.given().any(|(name, _)| parts(name).is_some())
}

/// The spaces that the environment describes; `None` if it has no such variable.
///
/// # Errors
/// A variable is wrong, or some are missing: the error names all of those.
pub(super) fn resolve(
    environment: &Environment,
) -> Result<Option<OrganizationSettings>, ConfigError> {
    let mut pairs: BTreeMap<&str, Pair<'_>> = BTreeMap::new();
    for (variable, value) in environment.given() {
        if let Some((name, field)) = parts(variable) {
            let pair = pairs.entry(name).or_default();
            match field {
                DOMAIN => pair.domain = Some(value),
                _ => pair.api_key = Some(value),
            }
        }
    }
    if pairs.is_empty() {
        return Ok(None);
    }

    let default = environment.get(DEFAULT);
    let mut missing = Vec::new();
    let mut all = Vec::new();
    for (name, pair) in &pairs {
        match (pair.domain, pair.api_key) {
            (Some(domain), Some(api_key)) => {
                all.push(((*name).to_owned(), space(name, domain, api_key)?));
            }
            (domain, api_key) => {
                let absent = [(domain, DOMAIN), (api_key, API_KEY)];
                let absent = absent.iter().filter(|(value, _)| value.is_none());
                missing.extend(absent.map(|(_, field)| format!("{PREFIX}{name}{field}")));
            }
        }
    }
    if default.is_none() {
        missing.push(DEFAULT.to_owned());
    }
    if !missing.is_empty() {
        return Err(ConfigError::new(
            VARIABLES,
            format!(
                "some variables are missing: {}. Set both for each organization, and {DEFAULT} to \
                 the name of one",
                missing.join(", ")
            ),
        ));
    }
    let default = default.unwrap_or_default();
    let Some(default) = pairs.keys().position(|name| *name == default) else {
        let names: Vec<_> = pairs.into_keys().collect();
        return Err(ConfigError::new(
            DEFAULT,
            format!(
                "is {default:?}, which is not an organization; available: {}",
                names.join(", ")
            ),
        ));
    };
    Ok(Some(OrganizationSettings { all, default }))
}

/// `BACKLOG_ORG_ACME_DOMAIN` → `ACME`, `_DOMAIN`.
fn parts(variable: &str) -> Option<(&str, &'static str)> {
    let rest = variable.strip_prefix(PREFIX)?;
    [DOMAIN, API_KEY]
        .into_iter()
        .find_map(|field| Some((rest.strip_suffix(field)?, field)))
        .filter(|(name, _)| !name.is_empty())
}

fn space(name: &str, domain: &str, api_key: &str) -> Result<LocalSpace, ConfigError> {
    let url = BacklogUrl::parse(domain)
        .map_err(|error| ConfigError::new(VARIABLES, format!("{PREFIX}{name}{DOMAIN}: {error}")))?;
    Ok(LocalSpace {
        url,
        domain: domain.to_owned(),
        api_key: SecretString::from(api_key),
    })
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let owned = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Environment::new(owned, None)
    }

    fn error(variables: &[(&str, &str)]) -> String {
        let environment = environment(variables);
        assert!(asked_for(&environment));
        resolve(&environment).unwrap_err().to_string()
    }

    #[test]
    fn names_keep_their_case_and_may_hold_underscores() {
        let settings = resolve(&environment(&[
            ("BACKLOG_ORG_Company_B_DOMAIN", "b.backlog.com"),
            ("BACKLOG_ORG_Company_B_API_KEY", " key-b "),
            ("BACKLOG_ORG_A_API_KEY_API_KEY", "key-a"),
            ("BACKLOG_ORG_A_API_KEY_DOMAIN", "a.backlog.jp"),
            ("BACKLOG_ORG_", "x"),
            ("BACKLOG_ORG__DOMAIN", "x"),
            ("BACKLOG_ORG_A_NAME", "x"),
            ("BACKLOG_DEFAULT_ORG", "Company_B"),
        ]))
        .unwrap()
        .unwrap();
        let all: Vec<_> = settings
            .all
            .iter()
            .map(|(name, space)| {
                (
                    name.as_str(),
                    space.url.as_str(),
                    space.api_key.expose_secret(),
                )
            })
            .collect();
        assert_eq!(
            all,
            [
                ("A_API_KEY", "https://a.backlog.jp", "key-a"),
                ("Company_B", "https://b.backlog.com", "key-b"),
            ]
        );
        assert_eq!(settings.all[settings.default].0, "Company_B");
        assert!(!format!("{settings:?}").contains("key-a"));
    }

    #[test]
    fn without_such_a_variable_there_are_none() {
        for variables in [
            &[("BACKLOG_DEFAULT_ORG", "A")][..],
            &[("BACKLOG_ORG_A_DOMAIN", " ")],
            &[],
        ] {
            let environment = environment(variables);
            assert!(!asked_for(&environment));
            assert!(resolve(&environment).unwrap().is_none());
        }
    }

    #[test]
    fn everything_that_is_missing_is_named_at_once() {
        let text = error(&[
            ("BACKLOG_ORG_A_DOMAIN", "a.backlog.com"),
            ("BACKLOG_ORG_B_API_KEY", "key-b"),
            ("BACKLOG_ORG_C_DOMAIN", "c.backlog.com"),
            ("BACKLOG_ORG_C_API_KEY", "key-c"),
        ]);
        let missing = "missing: BACKLOG_ORG_A_API_KEY, BACKLOG_ORG_B_DOMAIN, BACKLOG_DEFAULT_ORG.";
        assert!(text.contains(missing), "{text}");
        assert!(!text.contains("key-"), "{text}");
    }

    #[test]
    fn the_default_is_one_of_them_by_its_exact_name() {
        let text = error(&[
            ("BACKLOG_ORG_A_DOMAIN", "a.backlog.com"),
            ("BACKLOG_ORG_A_API_KEY", "key-a"),
            ("BACKLOG_DEFAULT_ORG", "a"),
        ]);
        assert_eq!(
            text,
            "BACKLOG_DEFAULT_ORG is \"a\", which is not an organization; available: A"
        );
    }

    #[test]
    fn a_domain_that_is_none_is_named() {
        let text = error(&[
            ("BACKLOG_ORG_A_DOMAIN", "http://a.backlog.com"),
            ("BACKLOG_ORG_A_API_KEY", "key-a"),
            ("BACKLOG_DEFAULT_ORG", "A"),
        ]);
        assert!(
            text.contains("BACKLOG_ORG_A_DOMAIN: must use https"),
            "{text}"
        );
    }
}
