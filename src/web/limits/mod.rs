//! Rate limits for failures and for new work. Success is not counted against an address: a company,
//! a carrier or a hosted assistant is one address with many users.
//!
//! An IPv6 address counts as its /64, and with ten times the limit as its /48 (`networks`). A
//! credential with the hub's check is not limited by its address at all
//! ([`unchecked`](crate::web::limits::unchecked_lookups)).
//!
//! 1. A failure counts for address × endpoint × client. Beyond the limit, the next failure gets 429
//!    instead of its own error. A valid request still succeeds, so that no neighbor locks a user
//!    out. A wrong client secret counts too; beyond the limit, the hub compares no secret of that
//!    client for that address, because a comparison is expensive.
//! 2. A failure also counts for address × endpoint, because any request can invent a `client_id`.
//!    Beyond that limit nothing from the address is read.
//! 3. New work counts for its address although it succeeds: a sign-in that begins (a row), a client
//!    that registers (a row and perhaps a hash), a metadata document that is fetched.
//! 4. New registrations count for all networks together as well, so that many networks do not evade
//!    the limit.
//! 5. Use of a credential counts for the grant, the registration or the credential itself: requests
//!    at `/mcp`, refreshes, changes of a registration. Requests at `/mcp` count for the user as
//!    well, with twice the limit, so that many grants do not evade it.
//! 6. A device asks whether its code was approved. More often than the interval allows, it is told to
//!    slow down, without a database query.
//! 7. A user code is short. Before one is looked up, it counts for the user who enters it, right or
//!    wrong, so that neither parallel requests nor more sessions or addresses evade the limit. A
//!    wrong one counts for its address as well, for all users and sessions there.

pub mod body_budget;
pub mod clock;
pub mod concurrency;
pub mod in_progress;
pub mod networks;
pub mod new_rows;
pub mod unchecked_lookups;

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    net::IpAddr,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use actix_web::{HttpRequest, ResponseError, http::StatusCode};
use governor::{Quota, clock::Clock as _};
use ipnet::IpNet;
use oauth_values::token::TokenHash;

use super::client_address::Proxies;
use crate::{
    config::GrantQuota,
    domain::{GrantId, SpaceId},
};
use clock::{Direct, Instant, Keyed, MonotonicClock};
use networks::{ByNetwork, Exceeded, Network};

/// An endpoint at which requests fail, with its own count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    Authorize,
    Consent,
    Callback,
    /// The connections page.
    Account,
    /// The code of a device, which is short: a wrong one may be a guess.
    UserCode,
    Register,
    Token,
    Revoke,
    /// Credentials without the hub's check, at any endpoint, which must be looked up.
    Unchecked,
    /// A client's secret or assertion, at any endpoint.
    Secret,
}

impl Endpoint {
    const ALL: [Self; 10] = [
        Self::Authorize,
        Self::Consent,
        Self::Callback,
        Self::Account,
        Self::UserCode,
        Self::Register,
        Self::Token,
        Self::Revoke,
        Self::Unchecked,
        Self::Secret,
    ];

    /// The failures allowed per minute, all at once if need be: of a client at an address, and of
    /// an address.
    fn per_minute(self) -> (NonZeroU32, NonZeroU32) {
        let (of_a_client, of_an_address) = match self {
            Self::Authorize | Self::Consent | Self::Callback | Self::Account | Self::Revoke => {
                (600, 6_000)
            }
            Self::Token => (240, 6_000),
            Self::Register => (120, 1_200),
            Self::Secret => (60, 600),
            // Neither counts by client. A credential of an older version has no check; its next
            // refresh replaces it.
            Self::UserCode | Self::Unchecked => (60, 60),
        };
        (number(of_a_client), number(of_an_address))
    }
}

/// Work that has a cost although it succeeds, with its own count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Work {
    /// `/authorize` or the connections page stores a sign-in that begins.
    SignIn,
    /// `/register` stores a new client.
    Registration,
    /// `/token` fetches the document of a client that signs assertions. The copy is used for at
    /// least a minute.
    Document,
    /// `/authorize` fetches a document, which any request can name.
    UnknownClientDocument,
}

impl Work {
    const ALL: [Self; 4] = [
        Self::SignIn,
        Self::Registration,
        Self::Document,
        Self::UnknownClientDocument,
    ];

    /// How often per minute for an address, all at once if need be.
    fn per_minute(self) -> NonZeroU32 {
        number(match self {
            Self::SignIn => 600,
            Self::Registration => 300,
            Self::Document => 60,
            Self::UnknownClientDocument => 20,
        })
    }
}

/// The holder of a credential, which is counted by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    /// Refreshes of a grant.
    Grant(GrantId),
    /// Requests with a registration access token.
    Registration(TokenHash),
    /// Uses of a token or code at `/token` and `/revoke`, and of a session of the connections page, with
    /// any result.
    Token(TokenHash),
}

/// The limit of a holder per minute.
const OF_A_HOLDER: u32 = 240;
/// The user codes that a user may enter per minute. A device needs two forms with its code, so this is
/// ten devices, or fewer and some mistyped codes.
const USER_CODES_OF_A_USER: u32 = 20;
/// The interval at which a device asks whether its code was approved (RFC 8628 §3.2).
pub const POLL_INTERVAL: Duration = Duration::from_secs(5);
/// The shortest time between two such requests: the way to the hub does not always take as long.
const BETWEEN_POLLS: Duration = Duration::from_secs(4);
/// How many grants' worth of requests all grants of a user may make together.
const GRANTS_OF_A_USER: u32 = 2;

/// The network a request came from; `None`: it is not counted.
#[derive(Clone, Copy, Debug)]
pub struct Sender(Option<Network>);

impl Sender {
    /// The network that counts as one sender.
    pub fn network(self) -> Option<IpAddr> {
        self.0.map(Network::near)
    }
}

/// A request that may fail.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    pub endpoint: Endpoint,
    pub sender: Sender,
    /// As the request sends it, known or not.
    pub client_id: Option<&'a str>,
}

/// Too many requests; the seconds until the next one is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limited {
    pub retry_after: u64,
}

type ByAddress = ByNetwork<()>;
/// The client is a hash, so that a key is small for any length of `client_id`.
type ByClient = ByNetwork<u64>;
/// The sender of too many failures: a client at an address, or without a client the whole address.
type Failed = (Endpoint, IpNet, Option<u64>);

#[derive(Debug)]
pub struct Limits {
    failures: Vec<(Endpoint, ByAddress, ByClient)>,
    work: Vec<(Work, ByAddress)>,
    registrations: Direct,
    by_holder: Keyed<Holder>,
    by_grant: Keyed<GrantId>,
    by_user: Keyed<(SpaceId, i64)>,
    by_device: Keyed<TokenHash>,
    user_codes: Keyed<(SpaceId, i64)>,
    /// The senders of too many failures, with the time until which they are blocked.
    failed: Mutex<HashMap<Failed, Instant>>,
    proxies: Proxies,
    /// On a local hub, loopback addresses are not counted.
    spare_loopback: bool,
    clock: MonotonicClock,
}

impl Limits {
    pub fn new(
        proxies: Proxies,
        of_a_grant: GrantQuota,
        registrations_per_minute: NonZeroU32,
        spare_loopback: bool,
        clock: MonotonicClock,
    ) -> Self {
        let failures = Endpoint::ALL.into_iter().map(|endpoint| {
            let (of_a_client, of_an_address) = endpoint.per_minute();
            (
                endpoint,
                ByAddress::per_minute(of_an_address, &clock),
                ByClient::per_minute(of_a_client, &clock),
            )
        });
        let work = Work::ALL
            .into_iter()
            .map(|work| (work, ByAddress::per_minute(work.per_minute(), &clock)));
        let calls = |grants: u32| {
            let grants = number(grants);
            Quota::per_second(of_a_grant.per_second.saturating_mul(grants))
                .allow_burst(of_a_grant.burst.saturating_mul(grants))
        };
        Self {
            failures: failures.collect(),
            work: work.collect(),
            registrations: Direct::direct_with_clock(
                Quota::per_minute(registrations_per_minute),
                clock.clone(),
            ),
            by_holder: Keyed::dashmap_with_clock(
                Quota::per_minute(number(OF_A_HOLDER)),
                clock.clone(),
            ),
            by_grant: Keyed::dashmap_with_clock(calls(1), clock.clone()),
            by_user: Keyed::dashmap_with_clock(calls(GRANTS_OF_A_USER), clock.clone()),
            by_device: Keyed::dashmap_with_clock(every(BETWEEN_POLLS), clock.clone()),
            user_codes: Keyed::dashmap_with_clock(
                Quota::per_minute(number(USER_CODES_OF_A_USER)),
                clock.clone(),
            ),
            failed: Mutex::default(),
            proxies,
            spare_loopback,
            clock,
        }
    }

    pub fn sender(&self, request: &HttpRequest) -> Sender {
        let address = self.proxies.client_address(request);
        Sender(
            address
                .filter(|address| !(self.spare_loopback && address.is_loopback()))
                .map(Network::of),
        )
    }

    /// The client address of a request, taking trusted proxies into account.
    pub fn client_address(&self, request: &HttpRequest) -> Option<IpAddr> {
        self.proxies.client_address(request)
    }

    /// The client address, unless a trusted proxy wrote something that cannot be read.
    pub fn proven_address(&self, request: &HttpRequest) -> Option<IpAddr> {
        self.proxies.proven_address(request)
    }

    /// The client address, unless it may be that of a proxy that other senders share.
    pub fn unshared_address(&self, request: &HttpRequest) -> Option<IpAddr> {
        self.proxies.unshared_address(request)
    }

    /// The sender of a connection. A trusted proxy's connection is not counted; the requests that
    /// it carries are.
    pub fn connected_from(&self, peer: IpAddr) -> Sender {
        let peer = peer.to_canonical();
        let is_spared = self.spare_loopback && peer.is_loopback();
        let is_counted = !is_spared && !self.proxies.are_at(peer);
        Sender(is_counted.then(|| Network::of(peer)))
    }

    /// Awaits the response to an attempt and counts it if it failed. After too many failures of the
    /// address, the response is not awaited; after too many of the client, the failure becomes
    /// `refused`. An error of the hub or its database does not count.
    pub async fn counting<T, E: ResponseError>(
        &self,
        attempt: Attempt<'_>,
        refused: impl Fn(Limited) -> E,
        response: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        self.check_address(attempt).map_err(&refused)?;
        let response = response.await;
        if let Err(error) = &response
            && error.status_code().is_client_error()
            && error.status_code() != StatusCode::TOO_MANY_REQUESTS
        {
            self.count_failure(attempt).map_err(refused)?;
        }
        response
    }

    /// Rejects an address with too many failures; counts nothing.
    pub fn check_address(&self, attempt: Attempt<'_>) -> Result<(), Limited> {
        self.check_failed(attempt, None)
    }

    /// Rejects a client with too many failures at this address, or the address; counts nothing.
    pub fn check_client(&self, attempt: Attempt<'_>) -> Result<(), Limited> {
        self.check_address(attempt)?;
        self.check_failed(attempt, Some(hash_of(attempt.client_id)))
    }

    /// Counts a failed request.
    ///
    /// # Errors
    /// There were too many failures: the request gets this error instead.
    pub fn count_failure(&self, attempt: Attempt<'_>) -> Result<(), Limited> {
        let Some(network) = attempt.sender.0 else {
            return Ok(());
        };
        let endpoint = attempt.endpoint;
        let counts = self.failures.iter().find(|(of, _, _)| *of == endpoint);
        let Some((_, by_address, by_client)) = counts else {
            return Ok(());
        };
        let client = hash_of(attempt.client_id);
        let of_address = by_address.count(network, &());
        let of_client = by_client.count(network, &client);
        self.note(endpoint, None, of_address)?;
        self.note(endpoint, Some(client), of_client)
    }

    /// Counts new work.
    pub fn check_work(&self, work: Work, sender: Sender) -> Result<(), Limited> {
        let count = self.work.iter().find(|(of, _)| *of == work);
        match (sender.0, count) {
            (Some(network), Some((_, by_address))) => {
                let counted = by_address.count(network, &());
                counted.map_err(|exceeded| self.limited(exceeded.until))
            }
            _ => Ok(()),
        }
    }

    /// Counts a use of a credential.
    pub fn check_holder(&self, holder: Holder) -> Result<(), Limited> {
        if self.spare_loopback {
            return Ok(());
        }
        let until = self.by_holder.check_key(&holder);
        until.map_err(|until| self.limited(until.earliest_possible()))
    }

    /// Whether a device code is presented later than the shortest time after its last use.
    pub fn check_poll(&self, device_code: TokenHash) -> bool {
        self.by_device.check_key(&device_code).is_ok()
    }

    /// Counts a user code for the Backlog user who enters it, before it is looked up.
    pub fn check_user_code(&self, user: (SpaceId, i64), sender: Sender) -> Result<(), Limited> {
        if sender.0.is_none() {
            return Ok(());
        }
        let until = self.user_codes.check_key(&user);
        until.map_err(|until| self.limited(until.earliest_possible()))
    }

    /// Counts a new registration for all networks together. One that was refused for its own network
    /// takes nothing of what the others may do.
    pub fn check_registrations(&self, sender: Sender) -> Result<(), Limited> {
        if sender.0.is_none() {
            return Ok(());
        }
        let until = self.registrations.check();
        until.map_err(|until| self.limited(until.earliest_possible()))
    }

    /// Counts a request at `/mcp` for its grant, and for the Backlog user of the grant.
    pub fn check_call(&self, grant: GrantId, user: (SpaceId, i64)) -> Result<(), Limited> {
        if self.spare_loopback {
            return Ok(());
        }
        let counted = self.by_grant.check_key(&grant);
        let counted = counted.and_then(|()| self.by_user.check_key(&user));
        counted.map_err(|until| self.limited(until.earliest_possible()))
    }

    fn check_failed(&self, attempt: Attempt<'_>, client: Option<u64>) -> Result<(), Limited> {
        let Some(network) = attempt.sender.0 else {
            return Ok(());
        };
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let until = network
            .each()
            .filter_map(|network| failed.get(&(attempt.endpoint, network, client)))
            .max();
        match until {
            Some(until) if *until > self.clock.now() => Err(self.limited(*until)),
            _ => Ok(()),
        }
    }

    /// Remembers a sender that exceeded its limit.
    fn note(
        &self,
        endpoint: Endpoint,
        client: Option<u64>,
        counted: Result<(), Exceeded>,
    ) -> Result<(), Limited> {
        let Err(Exceeded { network, until }) = counted else {
            return Ok(());
        };
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.insert((endpoint, network, client), until);
        Err(self.limited(until))
    }

    /// A rejection until then.
    fn limited(&self, until: Instant) -> Limited {
        let wait = until.duration_since(self.clock.now());
        Limited {
            retry_after: wait.as_secs() + 1,
        }
    }

    /// Forgets inactive senders, so that memory stays bounded by the traffic.
    pub fn forget_quiet(&self) {
        for (_, by_address, by_client) in &self.failures {
            by_address.forget_quiet();
            by_client.forget_quiet();
        }
        for (_, by_address) in &self.work {
            by_address.forget_quiet();
        }
        self.by_holder.retain_recent();
        self.by_holder.shrink_to_fit();
        self.by_grant.retain_recent();
        self.by_grant.shrink_to_fit();
        self.by_user.retain_recent();
        self.by_user.shrink_to_fit();
        self.by_device.retain_recent();
        self.by_device.shrink_to_fit();
        self.user_codes.retain_recent();
        self.user_codes.shrink_to_fit();
        let now = self.clock.now();
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.retain(|_, until| *until > now);
        failed.shrink_to_fit();
    }
}

/// One at a time.
fn every(period: Duration) -> Quota {
    Quota::with_period(period).unwrap_or(Quota::per_second(NonZeroU32::MIN))
}

fn number(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

fn hash_of(client_id: Option<&str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    client_id.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
