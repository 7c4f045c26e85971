//! The names of the hub itself: that of its base URL, and those that `MCP_HTTP_ALLOWED_HOSTS` adds.
//!
//! Each is an issuer and an MCP endpoint of its own, because a client compares what it typed with
//! what the metadata says. They are one resource server all the same: an access token for one of
//! them serves at the others, for as long as the name is a setting.

use url::Url;

use super::{Hub, issuer::without_port};

impl Hub {
    /// The origin of the hub at a `Host` header, if that is an address for clients: the scheme is
    /// that of the base URL, and so is the port unless the setting names one.
    pub fn own_origin(&self, host: &str) -> Option<String> {
        let base = self.base_url.as_str();
        if host.eq_ignore_ascii_case(self.base_url.authority()) {
            return Some(base.to_owned());
        }
        let asked = origin(self.scheme(), host)?;
        self.owns_origin(&asked).then_some(asked)
    }

    /// Is this one of the hub's own origins?
    pub fn owns_origin(&self, asked: &str) -> bool {
        asked == self.base_url.as_str()
            || self
                .allowed_hosts
                .iter()
                .any(|allowed| self.origin_of(allowed).as_deref() == Some(asked))
            || self.is_other_loopback(asked)
    }

    /// Do two URLs name one MCP endpoint under names of the hub's own?
    pub fn is_same_endpoint(&self, one: &str, other: &str) -> bool {
        if one == other {
            return true;
        }
        let (Ok(one), Ok(other)) = (Url::parse(one), Url::parse(other)) else {
            return false;
        };
        let owns = |url: &Url| self.owns_origin(&url.origin().ascii_serialization());
        one.path() == other.path() && owns(&one) && owns(&other)
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

    /// `localhost` for `127.0.0.1` and the like, on a hub for one's own computer.
    fn is_other_loopback(&self, asked: &str) -> bool {
        let (Ok(base), Ok(asked)) = (Url::parse(self.base_url.as_str()), Url::parse(asked)) else {
            return false;
        };
        base.scheme() == "http"
            && asked.scheme() == "http"
            && crate::oauth::redirect_uri::is_loopback(&asked)
            && asked.port_or_known_default() == base.port_or_known_default()
    }
}

/// The origin at an authority, as a browser writes it; `None` if that is more than host and port.
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
