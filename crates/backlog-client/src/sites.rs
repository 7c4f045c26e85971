//! The Backlog sites that the hub may use. Without the list, anybody who can change a space's row
//! could lead its users, and the hub itself, to another site.
//!
//! | entry | means |
//! |---|---|
//! | `backlog.example.com` | this host, by https |
//! | `backlog.example.com:8443` | this host at this port |
//! | `*.corp.example` | every host below this domain |
//! | `http://127.0.0.1:*` | this host at any port; http for loopback hosts only |

use std::sync::Arc;

use url::Url;

use super::{BacklogUrl, BacklogUrlError};

/// The domains of Nulab's Backlog sites.
const NULAB: [&str; 3] = ["*.backlog.com", "*.backlog.jp", "*.backlogtool.com"];

/// Why a text is not a valid entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SiteError {
    #[error(transparent)]
    Url(#[from] BacklogUrlError),
    #[error("`*` is allowed only as the first part of a host name, or as the port")]
    Pattern,
}

/// The sites listed in the settings. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sites(Option<Arc<[Site]>>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Site {
    /// Contains the port, if there is one.
    origin: BacklogUrl,
    /// Matches every host below that of `origin`, but not that host.
    below: bool,
    any_port: bool,
}

impl Sites {
    /// Allows every site: for a local hub, where no other user can name sites.
    pub fn any() -> Self {
        Self(None)
    }

    /// Allows Nulab's sites.
    pub fn of_nulab() -> Self {
        let sites = NULAB.iter().filter_map(|entry| Site::parse(entry).ok());
        Self(Some(sites.collect()))
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// If the entry is not valid.
    pub fn with(self, entry: &str) -> Result<Self, SiteError> {
        Ok(self.and(Site::parse(entry)?))
    }

    /// Adds this site.
    #[must_use]
    pub fn with_site(self, origin: BacklogUrl) -> Self {
        self.and(Site {
            origin,
            below: false,
            any_port: false,
        })
    }

    /// Adds every site on this machine, for the simulated Backlog.
    #[must_use]
    pub fn with_loopback(self) -> Self {
        ["http://127.0.0.1:*", "http://localhost:*", "http://[::1]:*"]
            .iter()
            .filter_map(|entry| Site::parse(entry).ok())
            .fold(self, Self::and)
    }

    pub fn contain(&self, url: &BacklogUrl) -> bool {
        match &self.0 {
            None => true,
            Some(sites) => sites.iter().any(|site| site.is(url)),
        }
    }

    fn and(self, site: Site) -> Self {
        Self(self.0.map(|sites| {
            let all = sites.iter().cloned();
            all.chain([site]).collect()
        }))
    }
}

impl Site {
    fn parse(entry: &str) -> Result<Self, SiteError> {
        let entry = entry.trim();
        let (entry, any_port) = match entry.strip_suffix(":*") {
            Some(rest) => (rest, true),
            None => (entry, false),
        };
        let (scheme, host) = match entry.split_once("://") {
            Some((scheme, host)) => (scheme, host),
            None => ("https", entry),
        };
        let (host, below) = match host.strip_prefix("*.") {
            Some(rest) => (rest, true),
            None => (host, false),
        };
        // A single label would be a whole top-level domain.
        if host.contains('*') || (below && !host.trim_end_matches('/').contains('.')) {
            return Err(SiteError::Pattern);
        }
        Ok(Self {
            origin: BacklogUrl::parse(&format!("{scheme}://{host}"))?,
            below,
            any_port,
        })
    }

    fn is(&self, url: &BacklogUrl) -> bool {
        let [own, other] = [&self.origin, url].map(|url| Url::parse(url.as_str()));
        let (Ok(own), Ok(other)) = (own, other) else {
            return false;
        };
        let (Some(own_host), Some(host)) = (own.host_str(), other.host_str()) else {
            return false;
        };
        let is_host = match self.below {
            false => host == own_host,
            true => host
                .strip_suffix(own_host)
                .is_some_and(|labels| labels.len() > 1 && labels.ends_with('.')),
        };
        let is_port = self.any_port || own.port_or_known_default() == other.port_or_known_default();
        is_host && is_port && own.scheme() == other.scheme()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> BacklogUrl {
        BacklogUrl::parse(text).unwrap()
    }

    #[test]
    fn nulabs_sites_are_those_below_its_domains() {
        let sites = Sites::of_nulab();
        for site in ["acme.backlog.com", "acme.backlog.jp", "a.backlogtool.com"] {
            assert!(sites.contain(&url(site)), "{site}");
        }
        for site in [
            "backlog.com",
            "acme-backlog.com",
            "acme.backlog.com.evil.example",
            "acmebacklog.jp",
            "acme.backlog.com:8443",
            "evil.example",
            "http://127.0.0.1:80",
        ] {
            assert!(!sites.contain(&url(site)), "{site}");
        }
        assert!(Sites::any().contain(&url("evil.example")));
    }

    #[test]
    fn an_entry_is_a_host_a_port_or_a_domain() {
        for (entry, is_one, is_none) in [
            ("backlog.example", "BACKLOG.example", "backlog.example:8443"),
            (
                "backlog.example:8443",
                "backlog.example:8443",
                "backlog.example",
            ),
            ("*.corp.example", "a.b.corp.example", "corp.example"),
            ("backlog.example:*", "backlog.example:1", "other.example:1"),
            (
                "http://127.0.0.1:*",
                "http://127.0.0.1:9",
                "https://127.0.0.1:9",
            ),
            (
                "https://backlog.example/",
                "backlog.example",
                "a.backlog.example",
            ),
        ] {
            let sites = Sites::of_nulab().with(entry).unwrap();
            assert!(sites.contain(&url(is_one)), "{entry}: {is_one}");
            assert!(!sites.contain(&url(is_none)), "{entry}: {is_none}");
        }
        for wrong in [
            "",
            "*",
            "*.com",
            "a.*.example",
            "http://a.example",
            "a.example/x",
        ] {
            assert!(Sites::of_nulab().with(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_hub_on_this_machine_uses_sites_on_this_machine() {
        let sites = Sites::of_nulab().with_loopback();
        for site in ["http://127.0.0.1:9", "http://localhost:9", "http://[::1]:9"] {
            assert!(sites.contain(&url(site)), "{site}");
        }
        assert!(!sites.contain(&url("evil.example")));
    }
}
