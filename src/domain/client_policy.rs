//! Which clients users may sign in to a space with.
//!
//! A client can claim any name, so the policy judges what it cannot invent: where its responses go
//! and, if it has a metadata document, where that is published. Both must be allowed. Clients that
//! an operator registered are allowed by every policy. The tokens of a device (RFC 8628) go nowhere that
//! is known, so no other client is trusted with that.

use oauth_values::{RedirectUri, redirect_uri::RedirectKind, well_known_client};
use url::Url;

/// The choice of an operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientPolicy {
    /// All clients.
    #[default]
    Open,
    /// Well-known assistants, programs on the user's own computer, and the listed hosts.
    Listed,
    /// Clients that an operator registered.
    Registered,
}

impl ClientPolicy {
    /// A policy that this version does not know is the strictest one.
    pub fn named(name: &str) -> Self {
        match name {
            "open" => Self::Open,
            "listed" => Self::Listed,
            _ => Self::Registered,
        }
    }
}

/// The proven facts about a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// Nothing: it registered itself.
    Itself,
    /// This URL of its metadata document.
    Document(String),
    /// An operator registered it.
    Operator,
}

/// The client policy of a space.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedClients {
    pub policy: ClientPolicy,
    /// Hosts in addition to those of the well-known assistants: `chat.example.com`,
    /// `*.example.com` or `chat.example.com:8443`, in lower case.
    pub hosts: Vec<String>,
}

impl AllowedClients {
    /// Whether a client may be used whose responses go to all of these redirect URIs.
    pub fn admit<'a>(
        &self,
        client: &Provenance,
        redirect_uris: impl IntoIterator<Item = &'a str>,
    ) -> bool {
        match (self.policy, client) {
            (ClientPolicy::Open, _) | (_, Provenance::Operator) => true,
            (ClientPolicy::Registered, _) => false,
            (ClientPolicy::Listed, Provenance::Document(url)) => {
                self.is_document_allowed(url) && self.trust_each(redirect_uris).is_some()
            }
            (ClientPolicy::Listed, Provenance::Itself) => self
                .trust_each(redirect_uris)
                .is_some_and(|number| number > 0),
        }
    }

    /// Whether a response may be sent to this redirect URI although the client is not allowed.
    pub fn trust(&self, redirect_uri: &RedirectUri) -> bool {
        let url = redirect_uri.url();
        well_known_client::receives_at(redirect_uri)
            || redirect_uri.kind() == RedirectKind::Https && self.is_host_listed(url)
    }

    /// The number of these redirect URIs; `None` if one of them is not trusted.
    fn trust_each<'a>(&self, redirect_uris: impl IntoIterator<Item = &'a str>) -> Option<usize> {
        redirect_uris.into_iter().try_fold(0, |number, text| {
            let uri = RedirectUri::parse_trusted(text).ok()?;
            self.trust(&uri).then_some(number + 1)
        })
    }

    fn is_document_allowed(&self, url: &str) -> bool {
        Url::parse(url)
            .is_ok_and(|url| well_known_client::publishes_at(&url) || self.is_host_listed(&url))
    }

    /// The URL parser has already mapped the host to lower case and `xn--`.
    fn is_host_listed(&self, url: &Url) -> bool {
        url.host_str().is_some_and(|host| {
            self.hosts
                .iter()
                .any(|listed| covers(listed, host, url.port()))
        })
    }
}

/// Whether a listed host covers a host at a port, where `None` is the default port.
fn covers(listed: &str, host: &str, port: Option<u16>) -> bool {
    let (name, own_port) = match listed.split_once(':') {
        Some((name, port)) => (name, port.parse().ok()),
        None => (listed, None),
    };
    let is_name = match name.strip_prefix('*') {
        // With its dot, so that it covers the hosts below and neither itself nor a longer label.
        Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
        None => host == name,
    };
    is_name && port == own_port
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAUDE: &str = "https://claude.ai/api/mcp/auth_callback";
    const LOOPBACK: &str = "http://127.0.0.1:33418/callback";
    const CURSOR: &str = "cursor://anysphere.cursor-mcp/oauth/callback";
    const CHAT: &str = "https://chat.example.com/cb";
    const EVIL: &str = "https://evil.example/cb";

    fn allowed(policy: ClientPolicy) -> AllowedClients {
        AllowedClients {
            policy,
            hosts: ["chat.example.com", "*.corp.example", "dev.example:8443"]
                .map(str::to_owned)
                .into(),
        }
    }

    fn document(url: &str) -> Provenance {
        Provenance::Document(url.to_owned())
    }

    #[test]
    fn each_policy_judges_each_kind_of_client() {
        use ClientPolicy::{Listed, Open, Registered};
        let claude = document("https://claude.ai/oauth/claude-code-client-metadata");
        let evil = document("https://evil.example/client.json");
        let chat = document("https://chat.example.com/client.json");
        for (client, uris, by_listed) in [
            (&Provenance::Itself, &[CLAUDE][..], true),
            (&Provenance::Itself, &[LOOPBACK], true),
            (&Provenance::Itself, &[CURSOR], true),
            (&Provenance::Itself, &[CHAT], true),
            (&Provenance::Itself, &[CLAUDE, LOOPBACK, CURSOR, CHAT], true),
            (&Provenance::Itself, &[EVIL], false),
            (&Provenance::Itself, &[LOOPBACK, EVIL], false),
            (&Provenance::Itself, &["com.example.app:/cb"], false),
            (&Provenance::Itself, &["not a URI"], false),
            (&Provenance::Itself, &[], false),
            (&claude, &[LOOPBACK], true),
            (&claude, &[CLAUDE], true),
            (&claude, &[EVIL], false),
            (&claude, &[], true),
            (&chat, &[CHAT], true),
            (&evil, &[CLAUDE], false),
            (&evil, &[LOOPBACK], false),
            (&evil, &[CURSOR], false),
            (&evil, &[], false),
            (&document("not a URL"), &[LOOPBACK], false),
        ] {
            let admits = |policy| allowed(policy).admit(client, uris.iter().copied());
            assert!(admits(Open), "{client:?} {uris:?}");
            assert_eq!(admits(Listed), by_listed, "{client:?} {uris:?}");
            assert!(!admits(Registered), "{client:?} {uris:?}");
        }
        for policy in [Open, Listed, Registered] {
            for uris in [&[EVIL][..], &["http://chat.intra/cb"], &[]] {
                let uris = uris.iter().copied();
                assert!(allowed(policy).admit(&Provenance::Operator, uris));
            }
        }
    }

    #[test]
    fn a_listed_host_is_compared_as_a_whole() {
        for (uri, expected) in [
            ("https://chat.example.com/any/path?x=1", true),
            ("https://CHAT.example.COM/cb", true),
            ("https://chat.example.com:443/cb", true),
            ("https://chat.example.com:8443/cb", false),
            ("https://chat.example.com./cb", false),
            ("https://chat.example.com.evil.example/cb", false),
            ("https://evil.example/chat.example.com", false),
            ("https://notchat.example.com/cb", false),
            ("https://a.chat.example.com/cb", false),
            ("http://chat.example.com/cb", false),
            ("chat.example.com://x/cb", false),
            ("https://a.corp.example/cb", true),
            ("https://a.b.corp.example/cb", true),
            ("https://corp.example/cb", false),
            ("https://.corp.example/cb", false),
            ("https://evilcorp.example/cb", false),
            ("https://a.corp.example.evil.example/cb", false),
            ("https://a.corp.example./cb", false),
            ("https://dev.example:8443/cb", true),
            ("https://dev.example/cb", false),
            ("https://dev.example:443/cb", false),
            // Begins with a Cyrillic letter.
            ("https://xn--hat-3ed.example.com/cb", false),
        ] {
            let allowed = allowed(ClientPolicy::Listed);
            let admitted = allowed.admit(&Provenance::Itself, [uri]);
            assert_eq!(admitted, expected, "{uri}");
        }
    }

    #[test]
    fn an_international_host_is_listed_in_its_ascii_form() {
        let allowed = AllowedClients {
            policy: ClientPolicy::Listed,
            hosts: vec!["xn--r8jz45g.example".to_owned()],
        };
        let admits = |uri: &str| allowed.admit(&document(uri), []);
        assert!(admits("https://例え.example/client.json"));
        assert!(admits("https://XN--R8JZ45G.example/client.json"));
        assert!(!admits("https://例元.example/client.json"));
    }

    #[test]
    fn a_user_name_is_no_host() {
        for uri in [
            "https://chat.example.com@evil.example/cb",
            "https://chat.example.com:443@evil.example/cb",
            "https://evil.example\\@chat.example.com/cb",
        ] {
            let allowed = allowed(ClientPolicy::Listed);
            assert!(!allowed.admit(&Provenance::Itself, [uri]), "{uri}");
        }
    }

    #[test]
    fn an_unknown_policy_is_the_strictest() {
        assert_eq!(ClientPolicy::named("newer"), ClientPolicy::Registered);
        assert_eq!(ClientPolicy::named("open"), ClientPolicy::Open);
        assert_eq!(ClientPolicy::named("listed"), ClientPolicy::Listed);
    }
}
