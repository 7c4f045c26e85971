//! The MCP endpoints as protected resources (RFC 9728): each issuer protects the endpoint of all
//! projects, and one of each project, at `/projects/<KEY>/mcp` beside it.
//!
//! 1. Each is a resource of its own, with metadata and a challenge that name it as the client spells
//!    it. The case of the key does not matter: grants have Backlog's spelling.
//! 2. A token is valid at the endpoint that it was issued for. The token of an issuer's endpoint is
//!    also valid at the endpoints of the projects, which restrict it.
//! 3. Whether the project exists is not looked up: every key that a project can have has an
//!    endpoint.

use std::{borrow::Cow, collections::BTreeSet};

use url::Url;

use super::{AppState, Issuer, error::JsonError};
use crate::{
    calls::policy::Policy,
    domain::{Authority, project_keys::project_key},
};

/// An MCP endpoint, and the issuer that protects it.
#[derive(Clone, Debug)]
pub struct ProtectedResource {
    pub issuer: Issuer,
    /// The URL, as the client spells it.
    pub url: String,
    /// The key of the only project that can be reached through it.
    project: Option<String>,
}

impl ProtectedResource {
    /// The endpoint of an issuer, or that of one project; `None` if no project can have this key.
    pub fn of(issuer: Issuer, project: Option<&str>) -> Option<Self> {
        let (url, project) = match project {
            None => (issuer.mcp_url.clone(), None),
            Some(key) => {
                let project = project_key(key)?;
                (url_of_project(&issuer.endpoints, key), Some(project))
            }
        };
        Some(Self {
            issuer,
            url,
            project,
        })
    }

    /// The resource that a path below a well-known document names: an issuer or its endpoint
    /// ([`Issuer::find_by_suffix`]), or the endpoint of a project.
    ///
    /// # Errors
    /// As [`Issuer::find_by_suffix`].
    pub async fn find_by_suffix(
        hub: &AppState,
        host: Option<&Authority>,
        suffix: &str,
    ) -> Result<Option<Self>, JsonError> {
        let suffix = suffix.trim_matches('/');
        let (of_issuer, project) = match split(suffix) {
            Some((of_issuer, key)) => (of_issuer, Some(key)),
            None => (suffix, None),
        };
        let issuer = Issuer::find_by_suffix(hub, host, of_issuer).await?;
        Ok(issuer.and_then(|issuer| Self::of(issuer, project)))
    }

    /// The URL of its metadata (RFC 9728 §3.1).
    pub fn metadata_url(&self) -> String {
        let origin_end = self.url.find("://").map_or(0, |at| at + 3);
        let path_start = self.url[origin_end..]
            .find('/')
            .map_or(self.url.len(), |at| origin_end + at);
        let (origin, path) = self.url.split_at(path_start);
        format!("{origin}/.well-known/oauth-protected-resource{path}")
    }

    /// Whether a token for this resource is valid here, under any host name of the hub.
    pub fn admits(&self, hub: &AppState, resource: &str) -> bool {
        let own = self.project.as_deref();
        let own = own.map(|key| url_of_project(&self.issuer.endpoints, key));
        let own = own.as_deref().unwrap_or(&self.issuer.mcp_url);
        [own, &self.issuer.mcp_url]
            .into_iter()
            .any(|endpoint| hub.is_same_endpoint(resource, endpoint))
    }

    /// The limits of every call here.
    pub fn limits(&self) -> Policy {
        Policy::of_projects(self.project.clone().map(|key| BTreeSet::from([key])))
    }
}

/// The endpoint of a project, with the URL below which an issuer has its endpoints.
pub(super) fn url_of_project(endpoints: &str, key: &str) -> String {
    format!("{endpoints}/projects/{key}/mcp")
}

/// The project of an endpoint; `None` for an endpoint of all projects.
pub(super) fn project_of(resource: &str) -> Option<String> {
    let url = Url::parse(resource).ok()?;
    let (_, key) = split(url.path().trim_end_matches('/'))?;
    project_key(key)
}

/// A resource that a client names, with the key of a project in Backlog's spelling.
pub(super) fn canonical(resource: &str) -> Cow<'_, str> {
    let normalized = || {
        let mut url = Url::parse(resource).ok()?;
        let path = url.path().trim_end_matches('/').to_owned();
        let (endpoints, key) = split(&path)?;
        url.set_path(&url_of_project(endpoints, &project_key(key)?));
        Some(url.to_string())
    };
    normalized().map_or(Cow::Borrowed(resource), Cow::Owned)
}

/// What precedes `/projects/<key>/mcp` in a path, and the key.
fn split(path: &str) -> Option<(&str, &str)> {
    let (rest, key) = path.strip_suffix("/mcp")?.rsplit_once('/')?;
    let endpoints = match rest {
        "projects" => "",
        _ => rest.strip_suffix("/projects")?,
    };
    Some((endpoints, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_read_from_the_end_of_a_path_alone() {
        for (resource, project) in [
            ("https://hub.example/projects/ACME/mcp", Some("ACME")),
            ("https://hub.example/projects/acme_2/mcp/", Some("ACME_2")),
            (
                "https://hub.example/spaces/one/projects/Acme/mcp?x=1",
                Some("ACME"),
            ),
            ("https://hub.example/mcp", None),
            ("https://hub.example/spaces/one/mcp", None),
            ("https://hub.example/projects/AC-ME/mcp", None),
            ("https://hub.example/projects/AC%4DE/mcp", None),
            ("https://hub.example/projects//mcp", None),
            ("https://hub.example/projects/ACME/x/mcp", None),
            ("https://hub.example/projects/ACME", None),
            ("https://hub.example/xprojects/ACME/mcp", None),
            ("mcp", None),
        ] {
            assert_eq!(project_of(resource).as_deref(), project, "{resource}");
        }
    }

    #[test]
    fn the_key_is_normalized_and_nothing_else() {
        for (resource, expected) in [
            (
                "https://hub.example/spaces/one/projects/acme/mcp/?x=y",
                "https://hub.example/spaces/one/projects/ACME/mcp?x=y",
            ),
            (
                "https://hub.example/projects/acme/mcp",
                "https://hub.example/projects/ACME/mcp",
            ),
            ("https://hub.example/mcp/", "https://hub.example/mcp/"),
            (
                "https://hub.example/projects/a-b/mcp",
                "https://hub.example/projects/a-b/mcp",
            ),
            ("nonsense", "nonsense"),
        ] {
            assert_eq!(canonical(resource), expected);
        }
    }
}
