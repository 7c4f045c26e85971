//! The client address of a request, taking trusted proxies into account.

use std::{
    net::{IpAddr, SocketAddr},
    sync::atomic::{AtomicBool, Ordering},
};

use actix_web::HttpRequest;

use crate::telemetry::TrustedPeers;

/// The proxies in front of the hub.
#[derive(Debug)]
pub struct Proxies {
    trusted: TrustedPeers,
    warned: AtomicBool,
}

impl Proxies {
    pub fn new(trusted: TrustedPeers) -> Self {
        Self {
            trusted,
            warned: AtomicBool::new(false),
        }
    }

    /// Whether a trusted proxy has this address.
    pub fn are_at(&self, peer: IpAddr) -> bool {
        self.trusted.contains(peer)
    }

    /// The address the request came from. `X-Forwarded-For` is read from the right, for as long as
    /// trusted proxies wrote it.
    pub fn client_address(&self, request: &HttpRequest) -> Option<IpAddr> {
        let peer = request.peer_addr().map(|address| address.ip())?;
        self.warn_of_untrusted_proxy(peer, request);
        let forwarded = request
            .headers()
            .get_all("x-forwarded-for")
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim);
        Some(self.behind(peer, forwarded))
    }

    /// Behind an untrusted proxy, all users share one address and one rate limit.
    fn warn_of_untrusted_proxy(&self, peer: IpAddr, request: &HttpRequest) {
        if request.headers().contains_key("x-forwarded-for")
            && !self.trusted.contains(peer)
            && !self.warned.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(
                %peer,
                "ignoring X-Forwarded-For from an address that is not in TRUSTED_PROXIES; if it is \
                 your proxy, add it, or all users share one rate limit"
            );
        }
    }

    fn behind<'a>(&self, peer: IpAddr, forwarded: impl Iterator<Item = &'a str>) -> IpAddr {
        let hops: Vec<&str> = forwarded.collect();
        let mut address = peer.to_canonical();
        for hop in hops.into_iter().rev() {
            if !self.trusted.contains(address) {
                break;
            }
            match parse_hop(hop) {
                Some(next) => address = next,
                None => break,
            }
        }
        address
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

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn forwarded_addresses_are_believed_only_from_trusted_proxies() {
        let trusted = ["10.0.0.0/8".parse().expect("a network")];
        let proxies = Proxies::new(TrustedPeers::new(&trusted));
        let seen = |peer, forwarded: &[&str]| proxies.behind(ip(peer), forwarded.iter().copied());
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
}
