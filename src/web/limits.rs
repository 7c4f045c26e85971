//! Rate limits per address × endpoint × client: hosted assistants share addresses, so
//! an address alone says little. It has a larger share of its own all the same: the
//! `client_id` is a stranger's word, and a new one would be a new count.
//!
//! At `/mcp`, where the token is known, what counts is the grant.
//!
//! `/consent` and `/callback` count what fails there: a company that signs in at once from one
//! address is no flood, and a right answer cannot be guessed.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use actix_web::HttpRequest;
use governor::{
    DefaultKeyedRateLimiter, NotUntil, Quota,
    clock::{Clock as _, DefaultClock, Reference as _},
};
use ipnet::IpNet;

use crate::domain::GrantId;

/// What is limited, each with its own count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    Authorize,
    Consent,
    Callback,
    Register,
    Token,
    Revoke,
    /// A client's registration, managed by itself.
    Manage,
    /// Requests at `/mcp` with a token that must be looked up.
    Lookup,
}

impl Endpoint {
    /// Requests a minute; a quiet client may send them all at once.
    fn per_minute(self) -> NonZeroU32 {
        let number = match self {
            // Cannot be told apart by client, and whole companies come from one address.
            Self::Register => 120,
            // A live token is looked up twice a minute, and a company has many.
            Self::Lookup => 3000,
            Self::Consent | Self::Callback => 600,
            Self::Authorize | Self::Manage => 60,
            Self::Token | Self::Revoke => 240,
        };
        NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
    }

    /// What all clients of one address have together.
    fn per_minute_of_an_address(self) -> NonZeroU32 {
        self.per_minute().saturating_mul(TEN)
    }

    const ALL: [Self; 8] = [
        Self::Authorize,
        Self::Consent,
        Self::Callback,
        Self::Register,
        Self::Token,
        Self::Revoke,
        Self::Manage,
        Self::Lookup,
    ];
}

const TEN: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
/// Requests of one grant a second: more than any model makes, and no flood of audit rows.
const PER_SECOND_OF_A_GRANT: NonZeroU32 = NonZeroU32::MIN.saturating_add(299);
/// What a quiet one may send at once.
const BURST_OF_A_GRANT: NonZeroU32 = NonZeroU32::MIN.saturating_add(499);

type Instant = <DefaultClock as governor::clock::Clock>::Instant;
type ByAddress = DefaultKeyedRateLimiter<IpAddr>;
/// The client's part is a hash: a key is small, however long the `client_id`.
type ByClient = DefaultKeyedRateLimiter<(IpAddr, u64)>;

/// Too many requests; seconds until the next one may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limited {
    pub retry_after: u64,
}

#[derive(Debug)]
pub struct Limits {
    limiters: Vec<(Endpoint, ByAddress, ByClient)>,
    by_grant: DefaultKeyedRateLimiter<GrantId>,
    /// Who failed too often, and until when.
    failed: Mutex<HashMap<(Endpoint, IpAddr), Instant>>,
    trusted_proxies: Vec<IpNet>,
    warned_of_a_proxy: AtomicBool,
    /// On a hub for trying things out, one's own computer is not counted.
    spare_loopback: bool,
}

impl Limits {
    pub fn new(trusted_proxies: Vec<IpNet>, spare_loopback: bool) -> Self {
        let limiters = Endpoint::ALL
            .into_iter()
            .map(|endpoint| {
                (
                    endpoint,
                    ByAddress::keyed(Quota::per_minute(endpoint.per_minute_of_an_address())),
                    ByClient::keyed(Quota::per_minute(endpoint.per_minute())),
                )
            })
            .collect();
        let of_a_grant = Quota::per_second(PER_SECOND_OF_A_GRANT).allow_burst(BURST_OF_A_GRANT);
        Self {
            limiters,
            by_grant: DefaultKeyedRateLimiter::keyed(of_a_grant),
            failed: Mutex::default(),
            trusted_proxies,
            warned_of_a_proxy: AtomicBool::new(false),
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
        match self.counted_address(request) {
            Some(address) => self
                .count(endpoint, address, client_id)
                .map_err(|until| limited(until.earliest_possible())),
            None => Ok(()),
        }
    }

    /// Counts a request with a token of this grant.
    pub fn check_grant(&self, grant: GrantId) -> Result<(), Limited> {
        if self.spare_loopback {
            return Ok(());
        }
        let until = self.by_grant.check_key(&grant);
        until.map_err(|until| limited(until.earliest_possible()))
    }

    /// Refuses whom [`Self::count_failure`] found to fail too often; counts nothing.
    pub fn check_failures(&self, endpoint: Endpoint, request: &HttpRequest) -> Result<(), Limited> {
        match self.counted_address(request) {
            Some(address) => self.check_failures_of(endpoint, address),
            None => Ok(()),
        }
    }

    /// Counts a request that was wrong.
    pub fn count_failure(&self, endpoint: Endpoint, request: &HttpRequest) {
        if let Some(address) = self.counted_address(request) {
            self.count_failure_of(endpoint, address);
        }
    }

    fn check_failures_of(&self, endpoint: Endpoint, address: IpAddr) -> Result<(), Limited> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        match failed.get(&(endpoint, address)) {
            Some(until) if *until > DefaultClock::default().now() => Err(limited(*until)),
            _ => Ok(()),
        }
    }

    fn count_failure_of(&self, endpoint: Endpoint, address: IpAddr) {
        if let Err(until) = self.count(endpoint, address, None) {
            let until = until.earliest_possible();
            let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
            failed.insert((endpoint, address), until);
        }
    }

    /// Whose request it is; `None` if it does not count.
    fn counted_address(&self, request: &HttpRequest) -> Option<IpAddr> {
        let address = self.client_address(request)?;
        (!(self.spare_loopback && address.is_loopback())).then(|| network_of(address))
    }

    fn count(
        &self,
        endpoint: Endpoint,
        address: IpAddr,
        client_id: Option<&str>,
    ) -> Result<(), NotUntil<Instant>> {
        let Some((_, by_address, by_client)) =
            self.limiters.iter().find(|(of, _, _)| *of == endpoint)
        else {
            return Ok(());
        };
        by_address.check_key(&address)?;
        by_client.check_key(&(address, hash_of(client_id)))
    }

    /// Forgets who has been quiet, so that memory stays bounded by the traffic.
    pub fn forget_quiet(&self) {
        for (_, by_address, by_client) in &self.limiters {
            by_address.retain_recent();
            by_address.shrink_to_fit();
            by_client.retain_recent();
            by_client.shrink_to_fit();
        }
        self.by_grant.retain_recent();
        self.by_grant.shrink_to_fit();
        let now = DefaultClock::default().now();
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.retain(|_, until| *until > now);
        failed.shrink_to_fit();
    }

    /// The address the request came from. `X-Forwarded-For` is believed as far as it
    /// was written by trusted proxies, read from the right.
    pub fn client_address(&self, request: &HttpRequest) -> Option<IpAddr> {
        let peer = request.peer_addr().map(|address| address.ip())?;
        self.warn_of_a_proxy(peer, request);
        let forwarded = request
            .headers()
            .get_all("x-forwarded-for")
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim);
        Some(self.through_proxies(peer, forwarded))
    }

    /// Behind a proxy that is not trusted, everybody has one address and one share.
    fn warn_of_a_proxy(&self, peer: IpAddr, request: &HttpRequest) {
        if request.headers().contains_key("x-forwarded-for")
            && !self.trusts(peer.to_canonical())
            && !self.warned_of_a_proxy.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(
                %peer,
                "X-Forwarded-For from an address that TRUSTED_PROXIES does not list is not \
                 believed; if it is your proxy, list it, or all people share one rate limit"
            );
        }
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

fn limited(until: Instant) -> Limited {
    let wait = until.duration_since(DefaultClock::default().now());
    Limited {
        retry_after: std::time::Duration::from(wait).as_secs() + 1,
    }
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

fn hash_of(client_id: Option<&str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    client_id.hash(&mut hasher);
    hasher.finish()
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
        let count = |client| limits.count(Endpoint::Token, ip("203.0.113.9"), Some(client));
        let allowed = (0..1000).take_while(|_| count("one").is_ok()).count();
        assert_eq!(allowed, 240);
        let until = count("one").expect_err("limited").earliest_possible();
        assert!(super::limited(until).retry_after >= 1);
        assert!(count("two").is_ok());
        assert!(
            limits
                .count(Endpoint::Revoke, ip("203.0.113.9"), Some("one"))
                .is_ok()
        );
    }

    #[test]
    fn a_new_client_id_each_time_is_no_way_around() {
        let limits = limits(&[]);
        let allowed = (0..10_000)
            .map(|number| number.to_string())
            .take_while(|client| {
                limits
                    .count(Endpoint::Authorize, ip("203.0.113.9"), Some(client))
                    .is_ok()
            })
            .count();
        assert_eq!(allowed, 600);
    }

    #[test]
    fn a_grant_uses_up_its_own_share_only() {
        let limits = limits(&[]);
        let [one, two] = [1, 2].map(|number| GrantId(uuid::Uuid::from_u128(number)));
        let mut allowed = 0;
        let limited = loop {
            match limits.check_grant(one) {
                Ok(()) => allowed += 1,
                Err(limited) => break limited,
            }
        };
        assert!((500..10_000).contains(&allowed), "{allowed}");
        assert_eq!(limited.retry_after, 1);
        assert_eq!(limits.check_grant(two), Ok(()));
        let trying_out = Limits::new(Vec::new(), true);
        assert!((0..1_000).all(|_| trying_out.check_grant(one).is_ok()));
    }

    #[test]
    fn only_failures_are_counted_where_success_proves_something() {
        let limits = limits(&[]);
        let callback = Endpoint::Callback;
        let check = |address: &str| limits.check_failures_of(callback, ip(address));
        let one = "203.0.113.9";
        for _ in 0..10_000 {
            assert_eq!(check(one), Ok(()));
        }
        let failures = (0..10_000)
            .take_while(|_| check(one).is_ok())
            .map(|_| limits.count_failure_of(callback, ip(one)))
            .count();
        assert_eq!(failures, 601);
        assert!(check(one).expect_err("limited").retry_after >= 1);
        assert_eq!(check("203.0.113.10"), Ok(()));
        let consent = limits.check_failures_of(Endpoint::Consent, ip(one));
        assert_eq!(consent, Ok(()));
        limits.forget_quiet();
        assert!(check(one).is_err(), "not forgotten while it holds");
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
