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
    net::IpAddr,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
};

use actix_web::HttpRequest;
use governor::{
    DefaultKeyedRateLimiter, NotUntil, Quota,
    clock::{Clock as _, DefaultClock, Reference as _},
};

use super::client_address::Proxies;
use crate::{config::GrantQuota, domain::GrantId};

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
    proxies: Proxies,
    /// On a hub for trying things out, one's own computer is not counted.
    spare_loopback: bool,
}

impl Limits {
    pub fn new(proxies: Proxies, of_a_grant: GrantQuota, spare_loopback: bool) -> Self {
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
        let of_a_grant = Quota::per_second(of_a_grant.per_second).allow_burst(of_a_grant.burst);
        Self {
            limiters,
            by_grant: DefaultKeyedRateLimiter::keyed(of_a_grant),
            failed: Mutex::default(),
            proxies,
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
        let address = self.proxies.client_address(request)?;
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
    use std::time::Duration;

    use governor::nanos::Nanos;

    use super::*;
    use crate::telemetry::TrustedPeers;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn limits(spare_loopback: bool) -> Limits {
        let proxies = Proxies::new(TrustedPeers::new(&[]));
        Limits::new(proxies, GrantQuota::default(), spare_loopback)
    }

    /// Counts until one is limited; how many were not. All of them at once would take no time,
    /// and be as many as the limit; in what they take, some more are allowed.
    fn until_limited<E>(mut count: impl FnMut(u32) -> Result<(), E>) -> (u32, E) {
        for allowed in 0..100_000 {
            if let Err(limited) = count(allowed) {
                return (allowed, limited);
            }
        }
        panic!("none was limited");
    }

    #[test]
    fn rule_20_clients_behind_one_address_do_not_use_up_each_others_share() {
        let limits = limits(false);
        let count = |client| limits.count(Endpoint::Token, ip("203.0.113.9"), Some(client));
        let (allowed, until) = until_limited(|_| count("one"));
        assert!(allowed >= 240, "{allowed}");
        assert!(super::limited(until.earliest_possible()).retry_after >= 1);
        assert!(count("two").is_ok());
        assert!(
            limits
                .count(Endpoint::Revoke, ip("203.0.113.9"), Some("one"))
                .is_ok()
        );
    }

    #[test]
    fn a_new_client_id_each_time_is_no_way_around() {
        let limits = limits(false);
        let (allowed, _) = until_limited(|number| {
            let client = number.to_string();
            limits.count(Endpoint::Authorize, ip("203.0.113.9"), Some(&client))
        });
        assert!(allowed >= 600, "{allowed}");
    }

    #[test]
    fn a_grant_uses_up_its_own_share_only() {
        let limits_of_grants = limits(false);
        let [one, two] = [1, 2].map(|number| GrantId(uuid::Uuid::from_u128(number)));
        let (allowed, limited) = until_limited(|_| limits_of_grants.check_grant(one));
        assert!(allowed >= 500, "{allowed}");
        assert_eq!(limited.retry_after, 1);
        assert_eq!(limits_of_grants.check_grant(two), Ok(()));
        let trying_out = limits(true);
        assert!((0..1_000).all(|_| trying_out.check_grant(one).is_ok()));
    }

    #[test]
    fn only_failures_are_counted_where_success_proves_something() {
        let limits = limits(false);
        let callback = Endpoint::Callback;
        let check = |address: &str| limits.check_failures_of(callback, ip(address));
        let one = "203.0.113.9";
        for _ in 0..10_000 {
            assert_eq!(check(one), Ok(()));
        }
        let (failures, limited) = until_limited(|_| {
            check(one)?;
            limits.count_failure_of(callback, ip(one));
            Ok(())
        });
        assert!(failures > 600, "{failures}");
        let limited: Limited = limited;
        assert!(limited.retry_after >= 1);
        assert_eq!(check("203.0.113.10"), Ok(()));
        let consent = limits.check_failures_of(Endpoint::Consent, ip(one));
        assert_eq!(consent, Ok(()));
    }

    #[test]
    fn who_failed_too_often_is_not_forgotten_while_it_holds() {
        let limits = limits(false);
        let now = DefaultClock::default().now();
        let until = |after| now + Nanos::from(after);
        let [over, holds] = ["203.0.113.9", "203.0.113.10"].map(ip);
        let failed = [
            ((Endpoint::Callback, over), until(Duration::ZERO)),
            (
                (Endpoint::Callback, holds),
                until(Duration::from_secs(3600)),
            ),
        ];
        limits.failed.lock().unwrap().extend(failed);
        limits.forget_quiet();
        assert!(limits.check_failures_of(Endpoint::Callback, holds).is_err());
        assert_eq!(limits.failed.lock().unwrap().len(), 1);
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
