//! The host names of the hub itself: that of its base URL, and those that `MCP_HTTP_ALLOWED_HOSTS`
//! adds.
//!
//! Each is a separate issuer and MCP endpoint, because a client compares the URL it was given with
//! the metadata. Together they are one resource server: an access token for one is valid at the
//! others, for as long as the name is configured.
//!
//! On a local hub, the other loopback names are endpoints as well. They are not issuers:
//! a sign-in ends at the base URL, because another user of the computer may listen at `[::1]` where
//! the hub listens at `127.0.0.1`.

use std::borrow::Cow;

use oauth_values::redirect_uri::is_loopback;
use url::Url;

use super::AppState;
use crate::domain::Authority;

impl AppState {
    /// The origin at the host of a request, if clients may use it. It has the scheme of the base
    /// URL, and its port unless the setting names one.
    pub fn own_origin(&self, host: &Authority) -> Option<Cow<'_, str>> {
        let host = host.to_string();
        if host == self.base_url.authority() {
            return Some(self.base_url.as_str().into());
        }
        let asked = origin(self.scheme(), &host)?;
        self.has_endpoint_at(&asked).then_some(asked.into())
    }

    /// Whether a sign-in may begin and end at this origin.
    pub fn is_issuer_at(&self, asked: &str) -> bool {
        asked == self.base_url.as_str()
            || self
                .allowed_hosts
                .iter()
                .any(|allowed| self.origin_of(allowed).as_deref() == Some(asked))
    }

    /// Whether clients can use an MCP endpoint of the hub at this origin.
    pub fn has_endpoint_at(&self, asked: &str) -> bool {
        self.is_issuer_at(asked) || self.is_other_loopback(asked)
    }

    /// Whether two URLs name the same MCP endpoint under host names of the hub.
    pub fn is_same_endpoint(&self, one: &str, other: &str) -> bool {
        one == other || self.under_name_of(one, other).as_deref() == Some(other)
    }

    /// `endpoint` under the hub's host name that `resource` uses; `None` if either is not the
    /// hub's.
    pub fn under_name_of(&self, endpoint: &str, resource: &str) -> Option<String> {
        let endpoint = Url::parse(endpoint).ok()?;
        let own = endpoint.origin().ascii_serialization();
        let other = Url::parse(resource).ok()?.origin().ascii_serialization();
        let both = self.has_endpoint_at(&own) && self.has_endpoint_at(&other);
        both.then(|| format!("{other}{}", endpoint.path()))
    }

    fn scheme(&self) -> &'static str {
        if self.base_url.is_https() {
            "https"
        } else {
            "http"
        }
    }

    fn origin_of(&self, allowed: &str) -> Option<String> {
        let names_port = without_port(allowed) != allowed;
        let port = Url::parse(self.base_url.as_str()).ok()?.port();
        match port {
            Some(port) if !names_port => origin(self.scheme(), &format!("{allowed}:{port}")),
            _ => origin(self.scheme(), allowed),
        }
    }

    /// Whether this is another loopback name, such as `localhost` for `127.0.0.1`, on a hub for one
    /// computer.
    fn is_other_loopback(&self, asked: &str) -> bool {
        let (Ok(base), Ok(asked)) = (Url::parse(self.base_url.as_str()), Url::parse(asked)) else {
            return false;
        };
        base.scheme() == "http"
            && asked.scheme() == "http"
            && is_loopback(&asked)
            && asked.port_or_known_default() == base.port_or_known_default()
    }
}

/// The authority without its port.
fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => authority,
    }
}

/// The origin at an authority, as a browser writes it; `None` if the authority has more than host
/// and port.
fn origin(scheme: &str, authority: &str) -> Option<String> {
    let name = without_port(authority);
    let port = &authority[name.len()..];
    let name = name.trim_end_matches('.');
    let url = Url::parse(&format!("{scheme}://{name}{port}/")).ok()?;
    let is_origin = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    is_origin.then(|| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_do_or_not_at_all() {
        for (authority, expected) in [
            ("Hub.Example", Some("https://hub.example")),
            ("hub.example:443", Some("https://hub.example")),
            ("hub.example.", Some("https://hub.example")),
            ("hub.example:8443", Some("https://hub.example:8443")),
            ("[2001:DB8:0::1]:8443", Some("https://[2001:db8::1]:8443")),
            ("user@hub.example", None),
            ("hub.example/x", None),
            ("hub.example?x", None),
            ("hub.example#x", None),
            ("", None),
            (":443", None),
        ] {
            assert_eq!(
                origin("https", authority).as_deref(),
                expected,
                "{authority}"
            );
        }
    }
}
