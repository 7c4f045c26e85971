//! From which networks clients may use a space.

use std::net::IpAddr;

use ipnet::IpNet;

/// The networks of a space; by default, all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedNetworks(Option<Vec<IpNet>>);

impl AllowedNetworks {
    /// Reads networks such as `203.0.113.0/24`; `None` for all. One that cannot be read contains no
    /// address.
    pub fn of(networks: Option<Vec<String>>) -> Self {
        let read = |texts: Vec<String>| texts.iter().filter_map(|text| text.parse().ok()).collect();
        Self(networks.map(read))
    }

    /// Whether they are limited at all.
    pub fn are_limited(&self) -> bool {
        self.0.is_some()
    }

    /// Whether a request from this address may be served. An address that is not known is in no
    /// network.
    pub fn admit(&self, address: Option<IpAddr>) -> bool {
        let Some(networks) = &self.0 else {
            return true;
        };
        address
            .map(|address| address.to_canonical())
            .is_some_and(|address| networks.iter().any(|network| network.contains(&address)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(texts: &[&str]) -> AllowedNetworks {
        AllowedNetworks::of(Some(texts.iter().map(|text| (*text).to_owned()).collect()))
    }

    #[test]
    fn an_address_of_either_family_is_in_its_network() {
        let allowed = networks(&["203.0.113.0/24", "198.51.100.7/32", "2001:db8:1::/48"]);
        for (address, expected) in [
            ("203.0.113.0", true),
            ("203.0.113.255", true),
            ("::ffff:203.0.113.9", true),
            ("203.0.112.255", false),
            ("203.0.114.0", false),
            ("198.51.100.7", true),
            ("198.51.100.8", false),
            ("2001:db8:1:ffff::1", true),
            ("2001:db8:2::1", false),
            ("::ffff:198.51.100.8", false),
            // Not the form of an IPv4 address that a socket has.
            ("::203.0.113.9", false),
            ("64:ff9b::203.0.113.9", false),
            ("::1", false),
        ] {
            let parsed = address.parse().expect(address);
            assert_eq!(allowed.admit(Some(parsed)), expected, "{address}");
        }
        assert!(!allowed.admit(None));
    }

    #[test]
    fn all_of_a_family_is_nothing_of_the_other() {
        let address = |text: &str| Some(text.parse().expect("an address"));
        assert!(networks(&["::/0"]).admit(address("2001:db8::1")));
        assert!(!networks(&["::/0"]).admit(address("203.0.113.9")));
        assert!(!networks(&["::/0"]).admit(address("::ffff:203.0.113.9")));
        assert!(networks(&["0.0.0.0/0"]).admit(address("::ffff:203.0.113.9")));
    }

    #[test]
    fn without_a_limit_every_address_is_admitted_and_within_one_that_is_empty_none() {
        assert!(AllowedNetworks::default().admit(None));
        assert!(!AllowedNetworks::default().are_limited());
        let unreadable = networks(&["elsewhere"]);
        assert!(unreadable.are_limited());
        assert!(!unreadable.admit(Some([203, 0, 113, 9].into())));
    }
}
