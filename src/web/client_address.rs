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
    /// trusted proxies wrote it. If that cannot be read, it is the address of the proxy.
    pub fn client_address(&self, request: &HttpRequest) -> Option<IpAddr> {
        let peer = request.peer_addr().map(|address| address.ip())?;
        self.warn_of_untrusted_proxy(peer, request);
        Some(self.behind(peer, forwarded(request)).address)
    }

    /// The same, for a decision on what a request may do: `None` if a trusted proxy wrote something
    /// that cannot be read.
    pub fn proven_address(&self, request: &HttpRequest) -> Option<IpAddr> {
        let peer = request.peer_addr().map(|address| address.ip())?;
        let origin = self.behind(peer, forwarded(request));
        origin.is_proven.then_some(origin.address)
    }

    /// The same, to tell whether two requests come from one place: `None` as well if the address may be
    /// that of a proxy, where any two senders look alike. That is one that forwards a request and is
    /// not trusted, or one that is trusted and does not say for whom it forwards.
    pub fn unshared_address(&self, request: &HttpRequest) -> Option<IpAddr> {
        let peer = request.peer_addr().map(|address| address.ip())?;
        let is_forwarded = request.headers().contains_key("x-forwarded-for");
        let is_clear = is_forwarded == self.trusted.contains(peer);
        self.proven_address(request).filter(|_| is_clear)
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

    /// The origin of a request. A hop that is not text is `None`.
    fn behind<'a>(&self, peer: IpAddr, forwarded: impl Iterator<Item = Option<&'a str>>) -> Origin {
        let hops: Vec<Option<&str>> = forwarded.collect();
        let mut address = peer.to_canonical();
        let mut is_proven = true;
        for hop in hops.into_iter().rev() {
            if !self.trusted.contains(address) {
                break;
            }
            match hop.and_then(parse_hop) {
                Some(next) => address = next,
                None => {
                    is_proven = false;
                    break;
                }
            }
        }
        Origin { address, is_proven }
    }
}

/// Where a request came from, or the last proxy that could be read.
struct Origin {
    address: IpAddr,
    is_proven: bool,
}

/// The hops of `X-Forwarded-For`, in the order in which proxies added them.
fn forwarded(request: &HttpRequest) -> impl Iterator<Item = Option<&str>> {
    let values = request.headers().get_all("x-forwarded-for");
    values.flat_map(|value| {
        let text = value.to_str().ok();
        let hops = text.into_iter().flat_map(|text| text.split(','));
        let unreadable = text.is_none().then_some(None);
        hops.map(|hop| Some(hop.trim())).chain(unreadable)
    })
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
    use actix_web::{http::header::HeaderValue, test::TestRequest};

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn forwarded_addresses_are_believed_only_from_trusted_proxies() {
        let trusted = ["10.0.0.0/8".parse().expect("a network")];
        let proxies = Proxies::new(TrustedPeers::new(&trusted));
        let seen = |peer, forwarded: &[&str]| {
            let hops = forwarded.iter().map(|hop| Some(*hop));
            proxies.behind(ip(peer), hops).address
        };
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
    fn an_address_is_proven_if_every_trusted_proxy_wrote_one() {
        let trusted = ["10.0.0.0/8".parse().expect("a network")];
        let proxies = Proxies::new(TrustedPeers::new(&trusted));
        let proven = |peer: &str, forwarded: &[&str]| {
            let mut request = TestRequest::get().peer_addr(SocketAddr::new(ip(peer), 1));
            for hops in forwarded {
                request = request.append_header(("x-forwarded-for", *hops));
            }
            proxies.proven_address(&request.to_http_request())
        };
        for (peer, forwarded, expected) in [
            ("203.0.113.9", &[][..], Some("203.0.113.9")),
            // A stranger's header counts for nothing, whatever it says.
            ("203.0.113.9", &["10.0.0.5"], Some("203.0.113.9")),
            ("203.0.113.9", &["nonsense"], Some("203.0.113.9")),
            ("10.0.0.1", &["1.2.3.4"], Some("1.2.3.4")),
            ("10.0.0.1", &["10.0.0.5, 1.2.3.4"], Some("1.2.3.4")),
            ("10.0.0.1", &["10.0.0.5", "1.2.3.4"], Some("1.2.3.4")),
            ("10.0.0.1", &["nonsense, 1.2.3.4"], Some("1.2.3.4")),
            // A client in the network of the proxies.
            ("10.0.0.1", &["10.0.0.5"], Some("10.0.0.5")),
            ("10.0.0.1", &["::ffff:10.0.0.5"], Some("10.0.0.5")),
            ("10.0.0.1", &["[2001:db8::7]:80"], Some("2001:db8::7")),
            ("10.0.0.1", &[], Some("10.0.0.1")),
            ("10.0.0.1", &["unknown"], None),
            ("10.0.0.1", &[""], None),
            ("10.0.0.1", &["1.2.3.4,"], None),
            ("10.0.0.1", &["1.2.3.4, unknown, 10.0.0.9"], None),
        ] {
            assert_eq!(
                proven(peer, forwarded),
                expected.map(ip),
                "{peer} {forwarded:?}"
            );
        }
        let no_text = HeaderValue::from_bytes(b"1.2.3.4, \xe4").expect("a header");
        let request = TestRequest::get()
            .peer_addr(SocketAddr::new(ip("10.0.0.1"), 1))
            .append_header(("x-forwarded-for", "1.2.3.4"))
            .append_header(("x-forwarded-for", no_text));
        assert_eq!(proxies.proven_address(&request.to_http_request()), None);
    }

    #[test]
    fn the_address_of_a_proxy_is_no_place_of_a_client() {
        let trusted = ["10.0.0.0/8".parse().expect("a network")];
        let proxies = Proxies::new(TrustedPeers::new(&trusted));
        for (peer, forwarded, expected) in [
            ("203.0.113.9", None, Some("203.0.113.9")),
            ("10.0.0.1", Some("1.2.3.4"), Some("1.2.3.4")),
            ("::ffff:10.0.0.1", Some("1.2.3.4"), Some("1.2.3.4")),
            // A client in the network of the proxies.
            ("10.0.0.1", Some("10.0.0.5"), Some("10.0.0.5")),
            ("10.0.0.1", Some("unknown"), None),
            ("10.0.0.1", None, None),
            ("203.0.113.9", Some("1.2.3.4"), None),
        ] {
            let mut request = TestRequest::get().peer_addr(SocketAddr::new(ip(peer), 1));
            if let Some(hops) = forwarded {
                request = request.append_header(("x-forwarded-for", hops));
            }
            let address = proxies.unshared_address(&request.to_http_request());
            assert_eq!(address, expected.map(ip), "{peer} {forwarded:?}");
        }
    }
}
