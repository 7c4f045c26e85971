//! Rate limits per address × endpoint × client: hosted assistants share addresses,
//! so an address alone says little.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
};

use actix_web::HttpRequest;
use governor::{DefaultKeyedRateLimiter, Quota, clock::Clock as _};
use ipnet::IpNet;

/// What is limited, each with its own count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    Authorize,
    Consent,
    Callback,
    Register,
    Token,
    Revoke,
    /// Requests at `/mcp` with a token that is not live.
    Unauthenticated,
}

impl Endpoint {
    /// Requests a minute; a quiet client may send them all at once.
    fn per_minute(self) -> NonZeroU32 {
        let number = match self {
            // Cannot be told apart by client, and whole companies come from one address.
            Self::Register => 120,
            Self::Unauthenticated => 600,
            Self::Authorize | Self::Consent | Self::Callback => 60,
            Self::Token | Self::Revoke => 240,
        };
        NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
    }

    const ALL: [Self; 7] = [
        Self::Authorize,
        Self::Consent,
        Self::Callback,
        Self::Register,
        Self::Token,
        Self::Revoke,
        Self::Unauthenticated,
    ];
}

type Key = (IpAddr, Option<String>);

/// Too many requests; seconds until the next one may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limited {
    pub retry_after: u64,
}

#[derive(Debug)]
pub struct Limits {
    limiters: Vec<(Endpoint, DefaultKeyedRateLimiter<Key>)>,
    trusted_proxies: Vec<IpNet>,
    /// On a hub for trying things out, one's own computer is not counted.
    spare_loopback: bool,
}

impl Limits {
    pub fn new(trusted_proxies: Vec<IpNet>, spare_loopback: bool) -> Self {
        let limiters = Endpoint::ALL
            .into_iter()
            .map(|endpoint| {
                let quota = Quota::per_minute(endpoint.per_minute());
                (endpoint, DefaultKeyedRateLimiter::keyed(quota))
            })
            .collect();
        Self {
            limiters,
            trusted_proxies,
            spare_loopback,
        }
    }

    /// Counts a request.
    pub fn check(
        &self,
        endpoint: Endpoint,
        request: &HttpRequest,
        client_id: Option<&str>,
    ) -> Result<(), Limited> {
        let Some(address) = self.client_address(request) else {
            return Ok(());
        };
        if self.spare_loopback && address.is_loopback() {
            return Ok(());
        }
        self.count(endpoint, (network_of(address), client_id.map(bounded)))
    }

    fn count(&self, endpoint: Endpoint, key: Key) -> Result<(), Limited> {
        let Some((_, limiter)) = self.limiters.iter().find(|(of, _)| *of == endpoint) else {
            return Ok(());
        };
        limiter.check_key(&key).map_err(|until| Limited {
            retry_after: until
                .wait_time_from(governor::clock::DefaultClock::default().now())
                .as_secs()
                + 1,
        })
    }

    /// Forgets who has been quiet, so that memory stays bounded by the traffic.
    pub fn forget_quiet(&self) {
        for (_, limiter) in &self.limiters {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }

    /// The address the request came from. `X-Forwarded-For` is believed as far as it
    /// was written by trusted proxies, read from the right.
    pub fn client_address(&self, request: &HttpRequest) -> Option<IpAddr> {
        let peer = request.peer_addr().map(|address| address.ip())?;
        let forwarded = request
            .headers()
            .get_all("x-forwarded-for")
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim);
        Some(self.through_proxies(peer, forwarded))
    }

    fn through_proxies<'a>(
        &self,
        peer: IpAddr,
        forwarded: impl Iterator<Item = &'a str>,
    ) -> IpAddr {
        let hops: Vec<&str> = forwarded.collect();
        let mut address = peer.to_canonical();
        for hop in hops.into_iter().rev() {
            if !self.trusts(address) {
                break;
            }
            match parse_hop(hop) {
                Some(next) => address = next,
                None => break,
            }
        }
        address
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted_proxies
            .iter()
            .any(|proxy| proxy.contains(&address))
    }
}

/// `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::7` or `[2001:db8::7]:4711`.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    hop.parse::<IpAddr>()
        .ok()
        .or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
        .or_else(|| hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
        .map(|address| address.to_canonical())
}

/// One household or host has a whole /64, so its addresses count as one.
fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let mut octets = v6.octets();
            octets[8..].fill(0);
            IpAddr::from(octets)
        }
    }
}

fn bounded(client_id: &str) -> String {
    client_id.chars().take(256).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn limits(trusted: &[&str]) -> Limits {
        let trusted = trusted.iter().map(|t| t.parse().expect("a network"));
        Limits::new(trusted.collect(), false)
    }

    #[test]
    fn forwarded_addresses_are_believed_only_from_trusted_proxies() {
        let limits = limits(&["10.0.0.0/8"]);
        let seen =
            |peer, forwarded: &[&str]| limits.through_proxies(ip(peer), forwarded.iter().copied());
        assert_eq!(seen("203.0.113.9", &["1.2.3.4"]), ip("203.0.113.9"));
        assert_eq!(seen("10.0.0.1", &["1.2.3.4"]), ip("1.2.3.4"));
        assert_eq!(
            seen("10.0.0.1", &["6.6.6.6", "1.2.3.4", "10.9.9.9"]),
            ip("1.2.3.4")
        );
        assert_eq!(seen("10.0.0.1", &["nonsense"]), ip("10.0.0.1"));
        assert_eq!(seen("10.0.0.1", &["[2001:db8::7]:80"]), ip("2001:db8::7"));
        assert_eq!(seen("::ffff:10.0.0.1", &["1.2.3.4"]), ip("1.2.3.4"));
    }

    #[test]
    fn rule_20_clients_behind_one_address_do_not_use_up_each_others_share() {
        let limits = limits(&[]);
        let key = |client: &str| (ip("203.0.113.9"), Some(client.to_owned()));
        let allowed = (0..1000)
            .take_while(|_| limits.count(Endpoint::Token, key("one")).is_ok())
            .count();
        assert_eq!(allowed, 240);
        let limited = limits
            .count(Endpoint::Token, key("one"))
            .expect_err("limited");
        assert!(limited.retry_after >= 1);
        assert!(limits.count(Endpoint::Token, key("two")).is_ok());
        assert!(limits.count(Endpoint::Revoke, key("one")).is_ok());
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_together() {
        assert_eq!(network_of(ip("2001:db8::1")), network_of(ip("2001:db8::2")));
        assert_ne!(
            network_of(ip("2001:db8::1")),
            network_of(ip("2001:db8:0:1::1"))
        );
        assert_eq!(network_of(ip("203.0.113.9")), ip("203.0.113.9"));
    }
}
