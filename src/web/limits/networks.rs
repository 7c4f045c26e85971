//! Networks that count together: an IPv4 address, an IPv6 /64, and the /48 around it.
//!
//! A household or host has a whole /64, and tunnel brokers give away a /48 for free. So each limit
//! applies to a /64, and ten times the limit to a /48.

use std::{hash::Hash, net::IpAddr, num::NonZeroU32};

use governor::Quota;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::clock::{Instant, Keyed, MonotonicClock};

const NEAR_V6: u8 = 64;
const WIDE_V6: u8 = 48;
/// The limit of a /48, as a multiple of that of a /64.
const WIDE: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

/// The network a request came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    near: IpNet,
    wide: Option<IpNet>,
}

impl Network {
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => Self {
                near: Ipv4Net::from(v4).into(),
                wide: None,
            },
            IpAddr::V6(v6) => {
                let around = |length| {
                    let network = Ipv6Net::new(v6, length);
                    IpNet::V6(network.unwrap_or_else(|_| Ipv6Net::from(v6)).trunc())
                };
                Self {
                    near: around(NEAR_V6),
                    wide: Some(around(WIDE_V6)),
                }
            }
        }
    }

    /// The address, or the first one of the /64.
    pub fn near(self) -> IpAddr {
        self.near.addr()
    }

    /// Each network it counts for.
    pub fn each(self) -> impl Iterator<Item = IpNet> {
        [Some(self.near), self.wide].into_iter().flatten()
    }
}

/// A network over its limit, and the time at which it may continue.
#[derive(Clone, Copy, Debug)]
pub struct Exceeded {
    pub network: IpNet,
    pub until: Instant,
}

/// Counts by network and by the key `K`.
#[derive(Debug)]
pub struct ByNetwork<K: Clone + Hash + Eq> {
    near: Keyed<(IpNet, K)>,
    wide: Keyed<(IpNet, K)>,
}

impl<K: Clone + Hash + Eq> ByNetwork<K> {
    /// Allows `number` per minute for an address or /64, all at once if need be.
    pub fn per_minute(number: NonZeroU32, clock: &MonotonicClock) -> Self {
        let limiter = |number| Keyed::dashmap_with_clock(Quota::per_minute(number), clock.clone());
        Self {
            near: limiter(number),
            wide: limiter(number.saturating_mul(WIDE)),
        }
    }

    /// Counts one.
    ///
    /// # Errors
    /// One of its networks has reached the limit.
    pub fn count(&self, of: Network, what: &K) -> Result<(), Exceeded> {
        let networks = [(&self.near, Some(of.near)), (&self.wide, of.wide)];
        for (limiter, network) in networks {
            if let Some(network) = network
                && let Err(not_until) = limiter.check_key(&(network, what.clone()))
            {
                let until = not_until.earliest_possible();
                return Err(Exceeded { network, until });
            }
        }
        Ok(())
    }

    /// Forgets inactive networks.
    pub fn forget_quiet(&self) {
        for limiter in [&self.near, &self.wide] {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> Network {
        Network::of(address.parse().expect("an address"))
    }

    #[test]
    fn addresses_of_one_network_count_together() {
        assert_eq!(network("2001:db8::1"), network("2001:db8::2"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_ne!(network("203.0.113.9"), network("203.0.113.10"));
        let each = |address| network(address).each().map(|net| net.to_string());
        let each = |address| each(address).collect::<Vec<_>>();
        assert_eq!(each("203.0.113.9"), ["203.0.113.9/32"]);
        // The same digits of another length are another network.
        assert_eq!(
            each("2001:db8:1::1"),
            ["2001:db8:1::/64", "2001:db8:1::/48"]
        );
    }

    #[test]
    fn a_48_has_ten_times_the_limit_of_a_64_and_no_more() {
        let start = Instant::now();
        let still = MonotonicClock::from_fn(move || start);
        let counts = ByNetwork::per_minute(NonZeroU32::MIN.saturating_add(9), &still);
        let count = |address: &str| counts.count(network(address), &());
        // Each /64 of the /48 within its own limit.
        let mut allowed = 0;
        let exceeded = (0..1_000)
            .find_map(|number| match count(&format!("2001:db8:1:{number:x}::1")) {
                Ok(()) => {
                    allowed += 1;
                    None
                }
                Err(exceeded) => Some(exceeded),
            })
            .expect("limited");
        assert_eq!(allowed, 100);
        assert_eq!(exceeded.network.to_string(), "2001:db8:1::/48");
        assert!(count("2001:db8:1:ffff::1").is_err(), "one not seen before");
        assert!(count("2001:db8:2::1").is_ok(), "the next /48");
        assert!(count("203.0.113.9").is_ok());
    }
}
