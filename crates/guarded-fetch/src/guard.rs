//! Decides which addresses and names may be fetched from: no internal one, however it is written.
//!
//! 1. Only globally reachable addresses are allowed, except for the networks that the operator
//!    adds. An IPv4 address within an IPv6 one (RFC 4291 §2.5.5) is checked as an IPv4 address.
//! 2. An address behind a translator (NAT64, RFC 6052) is checked by the IPv4 address within. The
//!    well-known prefix is built in; a network's own prefix looks like any public address, so the
//!    operator must configure it.
//! 3. A name that only the network's proxy can resolve is checked by its form.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv6Net};
use url::{Host, Url};

/// The NAT64 prefix that every network may use (RFC 6052 §2.1).
const WELL_KNOWN: &str = "64:ff9b::/96";

/// Special-purpose blocks that are not globally reachable (the IANA registries of RFC 6890).
const NOT_PUBLIC: [&str; 31] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/96",
    "::ffff:0:0:0/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
];

/// The blocks that private networks use (RFC 1918, RFC 6598, RFC 4193).
const PRIVATE: [&str; 5] = [
    "10.0.0.0/8",
    "100.64.0.0/10",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "fc00::/7",
];

/// The last labels that no public host name has (RFC 6761, RFC 6762, RFC 9476, and labels that are
/// common in private networks).
const INSIDE: [&str; 17] = [
    "alt",
    "arpa",
    "corp",
    "example",
    "home",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "mail",
    "onion",
    "private",
    "test",
    "workgroup",
];

/// The rules that decide which hosts may be fetched from.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    /// Blocks that are not public.
    special: Vec<IpNet>,
    /// Those of them that private networks use.
    private: Vec<IpNet>,
    /// Networks that the operator adds.
    refused: Vec<IpNet>,
    translators: Vec<Ipv6Net>,
    /// Whether loopback addresses are allowed, as on a hub that listens on loopback.
    pub allow_loopback: bool,
    /// Whether addresses of private networks and other ports than 443 are allowed.
    pub allow_private: bool,
}

impl Guard {
    /// `refused` and `translators` are added to the built-in ones.
    pub(crate) fn new(refused: &[IpNet], translators: &[Ipv6Net], allow_loopback: bool) -> Self {
        let special = NOT_PUBLIC.iter().filter_map(|block| block.parse().ok());
        Self {
            special: special.collect(),
            private: PRIVATE.iter().filter_map(|one| one.parse().ok()).collect(),
            refused: refused.to_vec(),
            translators: WELL_KNOWN
                .parse()
                .into_iter()
                .chain(translators.iter().copied())
                .collect(),
            allow_loopback,
            allow_private: false,
        }
    }

    /// Sets whether addresses of private networks and other ports are allowed.
    #[must_use]
    pub(crate) fn with_private(self, allow_private: bool) -> Self {
        Self {
            allow_private,
            ..self
        }
    }

    /// Whether this is the prefix of a known translator.
    pub(crate) fn knows(&self, translator: &Ipv6Net) -> bool {
        self.translators
            .iter()
            .any(|known| known.contains(translator))
    }

    pub(crate) fn may_connect_to(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        if let IpAddr::V6(v6) = address
            && let Some(prefix) = self.translators.iter().find(|prefix| prefix.contains(&v6))
        {
            return self.is_public(embedded(v6, prefix.prefix_len()).into());
        }
        if address.is_loopback() {
            return self.allow_loopback && !is_in(&self.refused, address);
        }
        self.is_public(address) || self.may_connect_inside(address)
    }

    fn may_connect_inside(&self, address: IpAddr) -> bool {
        self.allow_private && is_in(&self.private, address) && !is_in(&self.refused, address)
    }

    fn is_public(&self, address: IpAddr) -> bool {
        address != IpAddr::V4(Ipv4Addr::BROADCAST)
            && !is_in(&self.special, address)
            && !is_in(&self.refused, address)
    }

    /// Whether the URL alone shows that it must not be fetched.
    pub(crate) fn never_fetches(&self, url: &Url) -> bool {
        let address: Option<IpAddr> = match url.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            Some(Host::Domain(_)) | None => None,
        };
        if address.is_some_and(|address| !self.may_connect_to(address)) {
            return true;
        }
        // On a loopback hub, a name may resolve to loopback, where http and any port are allowed.
        let has_other_port = url.port().is_some() && !self.allow_private;
        !self.allow_loopback && (url.scheme() != "https" || has_other_port)
    }
}

fn is_in(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

/// Whether the form of a name is that of an internal host.
pub(super) fn is_inside(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    match name.rsplit_once('.') {
        None => true,
        Some((_, last)) => INSIDE.contains(&last.to_ascii_lowercase().as_str()),
    }
}

/// The prefix of the translator that made this address of `ipv4only.arpa` (RFC 7050 §3).
pub(super) fn translator_of(address: Ipv6Addr) -> Option<Ipv6Net> {
    /// The IPv4 addresses of the name (RFC 7050 §2.2).
    const ONLY: [Ipv4Addr; 2] = [Ipv4Addr::new(192, 0, 0, 170), Ipv4Addr::new(192, 0, 0, 171)];
    let length = [96, 64, 56, 48, 40, 32]
        .into_iter()
        .find(|length| ONLY.contains(&embedded(address, *length)))?;
    let prefix = Ipv6Net::new(address, length).ok()?;
    Some(prefix.trunc())
}

/// The IPv4 address within an address of a translator with a prefix of this length (RFC 6052 §2.2).
fn embedded(address: Ipv6Addr, prefix: u8) -> Ipv4Addr {
    /// Bits 64 to 71 are not part of it.
    const LEFT_OUT: usize = 8;
    let octets = address.octets();
    let mut within = (usize::from(prefix) / 8..octets.len())
        .filter(|index| *index != LEFT_OUT)
        .map(|index| octets[index]);
    Ipv4Addr::from([(); 4].map(|()| within.next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn guard(allow_loopback: bool) -> Guard {
        Guard::new(&[], &[], allow_loopback)
    }

    #[test]
    fn every_listed_block_is_read() {
        assert_eq!(guard(false).special.len(), NOT_PUBLIC.len());
        assert_eq!(guard(false).translators.len(), 1);
        assert_eq!(guard(false).private.len(), PRIVATE.len());
    }

    #[test]
    fn a_private_network_is_reached_only_where_that_is_allowed() {
        let inside = guard(false).with_private(true);
        for text in [
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "fd00::1",
        ] {
            assert!(!guard(false).may_connect_to(ip(text)), "{text}");
            assert!(inside.may_connect_to(ip(text)), "{text}");
        }
        for text in [
            "127.0.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "224.0.0.1",
            "::1",
            "fe80::1",
            "64:ff9b::a01:203",
        ] {
            assert!(!inside.may_connect_to(ip(text)), "{text}");
        }
        for (url, is_never) in [
            ("https://idp.corp:8443/jwks", false),
            ("https://10.1.2.3/jwks", false),
            ("http://idp.corp/jwks", true),
            ("https://169.254.169.254/jwks", true),
        ] {
            let url = Url::parse(url).expect("a URL");
            assert_eq!(inside.never_fetches(&url), is_never, "{url}");
        }
        let refused = ["10.1.0.0/16".parse().expect("a network")];
        let refusing = Guard::new(&refused, &[], false).with_private(true);
        assert!(!refusing.may_connect_to(ip("10.1.2.3")));
        assert!(refusing.may_connect_to(ip("10.2.2.3")));
    }

    #[test]
    fn addresses_inside_are_refused_however_they_are_written() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "169.254.169.254",
            "192.168.0.1",
            "172.31.0.1",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "::1",
            "::",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "fe80::1",
            "fd00::1",
            "2002:a00:1::",
        ] {
            assert!(!guard(false).may_connect_to(ip(text)), "{text}");
        }
        for text in ["8.8.8.8", "2606:4700::1111"] {
            assert!(guard(false).may_connect_to(ip(text)), "{text}");
        }
        assert!(guard(true).may_connect_to(ip("127.0.0.1")));
        assert!(!guard(true).may_connect_to(ip("10.0.0.1")));
    }

    /// The addresses of RFC 6052 §2.4, for 192.0.2.33.
    #[test]
    fn the_ipv4_address_within_is_found_for_every_length_of_a_prefix() {
        let examples = [
            ("2001:db8:c000:221::", 32),
            ("2001:db8:1c0:2:21::", 40),
            ("2001:db8:122:c000:2:2100::", 48),
            ("2001:db8:122:3c0:0:221::", 56),
            ("2001:db8:122:344:c0:2:2100::", 64),
            ("2001:db8:122:344::192.0.2.33", 96),
        ];
        for (text, length) in examples {
            let address: Ipv6Addr = text.parse().expect("an address");
            assert_eq!(
                embedded(address, length),
                Ipv4Addr::new(192, 0, 2, 33),
                "{text}"
            );
        }
    }

    #[test]
    fn an_address_behind_a_translator_is_judged_by_the_one_within() {
        let own =
            ["2a00:1:2::/48", "64:ff9b:1:fffe::/96"].map(|text| text.parse::<Ipv6Net>().unwrap());
        let translated = Guard::new(&[], &own, true);
        for (text, allowed) in [
            ("64:ff9b::8.8.8.8", true),
            ("64:ff9b::10.0.0.1", false),
            ("64:ff9b::127.0.0.1", false),
            ("64:ff9b::169.254.169.254", false),
            // 8.8.8.8 and 10.0.0.1, at the position for this length of the prefix.
            ("2a00:1:2:808:8:800::", true),
            ("2a00:1:2:a00:0:100::", false),
            ("64:ff9b:1:fffe::8.8.8.8", true),
            ("64:ff9b:1:fffe::10.0.0.1", false),
        ] {
            assert_eq!(translated.may_connect_to(ip(text)), allowed, "{text}");
        }
        // A prefix that is not configured is not a translator's.
        assert!(guard(false).may_connect_to(ip("2a00:1:2:a00:0:100::")));
        assert!(!guard(false).may_connect_to(ip("64:ff9b:1:fffe::8.8.8.8")));
    }

    #[test]
    fn the_prefix_of_the_networks_translator_is_found_by_the_name_that_is_for_that() {
        let found = |text: &str| translator_of(text.parse().unwrap()).map(|net| net.to_string());
        assert_eq!(found("64:ff9b::c000:aa").as_deref(), Some(WELL_KNOWN));
        assert_eq!(
            found("2a00:1:2::192.0.0.171").as_deref(),
            Some("2a00:1:2::/96")
        );
        assert_eq!(
            found("2a00:1:2:c000:0:ab00::").as_deref(),
            Some("2a00:1:2::/48")
        );
        assert_eq!(found("2606:4700::1111"), None);
    }

    #[test]
    fn networks_that_the_operator_adds_are_refused_behind_a_translator_as_well() {
        let added =
            ["198.18.0.0/15", "8.8.8.0/24", "2a00:5::/32"].map(|net| net.parse::<IpNet>().unwrap());
        let guard = Guard::new(&added, &[], true);
        for text in ["8.8.8.8", "64:ff9b::8.8.8.8", "2a00:5::1", "::ffff:8.8.8.8"] {
            assert!(!guard.may_connect_to(ip(text)), "{text}");
        }
        assert!(guard.may_connect_to(ip("9.9.9.9")));
        // A hub on loopback fetches from there, unless the operator refuses it.
        assert!(guard.may_connect_to(ip("127.0.0.1")));
        let loopback = ["127.0.0.0/8"].map(|net| net.parse::<IpNet>().unwrap());
        assert!(!Guard::new(&loopback, &[], true).may_connect_to(ip("127.0.0.1")));
    }

    #[test]
    fn a_url_that_is_never_fetched_is_known_before_its_name_is_resolved() {
        for text in [
            "https://10.1.2.3/c.json",
            "https://[fd00::1]/c.json",
            "https://client.example:8443/c.json",
        ] {
            let url = Url::parse(text).expect("a URL");
            assert!(guard(false).never_fetches(&url), "{text}");
        }
        for text in [
            "https://client.example/c.json",
            "https://8.8.8.8:443/c.json",
        ] {
            let url = Url::parse(text).expect("a URL");
            assert!(!guard(false).never_fetches(&url), "{text}");
        }
    }

    #[test]
    fn names_of_internal_hosts_are_recognized_by_their_form() {
        for name in [
            "intranet",
            "vault.corp",
            "db.internal",
            "printer.LOCAL.",
            "x.home.arpa",
        ] {
            assert!(is_inside(name), "{name}");
        }
        for name in ["claude.ai", "vscode.dev.", "local.example.com"] {
            assert!(!is_inside(name), "{name}");
        }
    }
}
