//! The settings of the default space, and of the sites that spaces may have.

use std::str::FromStr;

use backlog_client::{BacklogUrl, Sites};
use secrecy::SecretString;

use super::{
    args::SpaceArgs,
    error::ConfigError,
    values::{given, given_secret, listed},
};

/// The space that the environment names.
#[derive(Debug)]
pub struct DefaultSpaceSettings {
    pub url: BacklogUrl,
    /// The name that users see; its host if `None`.
    pub name: Option<String>,
    pub oauth_client_id: String,
    pub oauth_client_secret: SecretString,
}

impl SpaceArgs {
    pub(super) fn resolve(self) -> Result<Option<DefaultSpaceSettings>, ConfigError> {
        let domain = given(self.backlog_domain);
        let client_id = given(self.backlog_oauth_client_id);
        let client_secret = given_secret(self.backlog_oauth_client_secret);
        if domain.is_none() && client_id.is_none() && client_secret.is_none() {
            return Ok(None);
        }
        let missing = |name| {
            ConfigError::new(
                name,
                "is not set; set BACKLOG_DOMAIN, BACKLOG_OAUTH_CLIENT_ID and \
                 BACKLOG_OAUTH_CLIENT_SECRET together, or none of them",
            )
        };
        let domain = domain.ok_or_else(|| missing("BACKLOG_DOMAIN"))?;
        Ok(Some(DefaultSpaceSettings {
            name: None,
            url: BacklogUrl::from_str(&domain)
                .map_err(|error| ConfigError::new("BACKLOG_DOMAIN", error.to_string()))?,
            oauth_client_id: client_id.ok_or_else(|| missing("BACKLOG_OAUTH_CLIENT_ID"))?,
            oauth_client_secret: client_secret
                .ok_or_else(|| missing("BACKLOG_OAUTH_CLIENT_SECRET"))?,
        }))
    }
}

/// The sites of Nulab and those of `BACKLOG_SITES`.
pub(super) fn sites(entries: Vec<String>) -> Result<Sites, ConfigError> {
    listed(entries)
        .iter()
        .try_fold(Sites::of_nulab(), |sites, entry| {
            sites.with(entry).map_err(|error| {
                let problem = format!(
                    "lists {entry:?}: {error}; expected hosts such as backlog.example.com or \
                     *.corp.example"
                );
                ConfigError::new("BACKLOG_SITES", problem)
            })
        })
}
