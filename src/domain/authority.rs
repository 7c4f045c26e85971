//! `host` or `host:port`, as a request or a setting writes it.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
};

/// Two authorities for the same place are equal (RFC 3986 §6.2.2 and §6.2.3): the case of a name,
/// its trailing dot, the form of an IPv6 address and an empty port make no difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    name: String,
    port: Option<u16>,
}

impl Authority {
    /// `None` if it is not an authority, or contains a user name.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (address, port) = rest.split_once(']')?;
                let address: Ipv6Addr = address.parse().ok()?;
                (format!("[{address}]"), port)
            }
            None => {
                let end = text.find(':').unwrap_or(text.len());
                let (name, port) = text.split_at(end);
                let name = name.strip_suffix('.').unwrap_or(name);
                (name.to_ascii_lowercase(), port)
            }
        };
        let is_name = !name.is_empty() && !name.ends_with('.') && !name.contains(['@', '/']);
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => None,
            Some("") => None,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(digits.parse().ok()?)
            }
            _ => return None,
        };
        is_name.then_some(Self { name, port })
    }

    /// Removes the port if it is the scheme's default.
    #[must_use]
    pub fn without_default(mut self, default: u16) -> Self {
        self.port = self.port.filter(|port| *port != default);
        self
    }

    /// Whether both are the same place, where `default` is the port of the scheme.
    pub fn is(&self, other: &Self, default: u16) -> bool {
        self.name == other.name && self.port.unwrap_or(default) == other.port.unwrap_or(default)
    }

    /// Whether it covers another one: all ports of its name, or only its own port.
    pub fn covers(&self, other: &Self, default: u16) -> bool {
        self.name == other.name
            && self
                .port
                .is_none_or(|port| port == other.port.unwrap_or(default))
    }

    /// Whether it is this machine.
    pub fn is_loopback(&self) -> bool {
        let name = self.name.trim_matches(['[', ']']);
        name == "localhost"
            || name
                .parse::<Ipv4Addr>()
                .is_ok_and(|address| address.is_loopback())
            || name
                .parse::<Ipv6Addr>()
                .is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(text: &str) -> Option<String> {
        let authority = Authority::parse(text)?;
        Some(authority.without_default(443).to_string())
    }

    #[test]
    fn the_same_place_has_one_form() {
        for same in [
            "mcp.example.com",
            "MCP.Example.COM",
            "mcp.example.com.",
            "mcp.example.com:",
            "mcp.example.com.:",
            "mcp.example.com:443",
            "mcp.example.com.:0443",
        ] {
            assert_eq!(normal(same).as_deref(), Some("mcp.example.com"), "{same}");
        }
        for same in ["[2001:db8::1]", "[2001:DB8:0::1]:443", "[2001:db8:0:0::1]:"] {
            assert_eq!(normal(same).as_deref(), Some("[2001:db8::1]"), "{same}");
        }
        assert_eq!(normal("a.example:8443").as_deref(), Some("a.example:8443"));
        assert_eq!(normal("[::1]:80").as_deref(), Some("[::1]:80"));
    }

    #[test]
    fn an_invalid_authority_is_none() {
        for wrong in [
            "",
            ".",
            ":443",
            "a.example..",
            "a.example:+443",
            "a.example:https",
            "a.example:443:443",
            "a.example:65536",
            "user@a.example",
            "a.example/b",
            "2001:db8::1",
            "[2001:db8::1",
            "[a.example]",
            "[::1]443",
        ] {
            assert_eq!(Authority::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_allowed_name_covers_its_ports() {
        let covers = |allowed: &str, other: &str| {
            let [allowed, other] = [allowed, other].map(|text| Authority::parse(text).unwrap());
            allowed.covers(&other, 443)
        };
        for port in ["", ":443", ":8443"] {
            assert!(covers("a.example", &format!("a.example.{port}")));
        }
        assert!(covers("a.example:443", "a.example"));
        assert!(covers("a.example:8443", "a.example:8443"));
        assert!(!covers("a.example:8443", "a.example"));
        assert!(!covers("a.example:443", "a.example:8443"));
        assert!(!covers("a.example", "b.example"));
    }
}
