//! Fetches documents from URLs that unauthenticated clients choose. It guards against server-side
//! request forgery (SSRF), and against hosts that keep the hub waiting.
//!
//! 1. The scheme must be https, without credentials; a loopback hub also allows http to loopback.
//! 2. A host that did not respond a moment ago is skipped ([`backoff`]).
//! 3. A request for a document that is already being fetched shares that fetch. Every other request
//!    waits for a slot ([`concurrency`]).
//! 4. The name is resolved once; if any address is not public, nothing is sent ([`guard`]).
//! 5. The connection uses only those addresses, because resolving the name again could return
//!    others. Redirects are not followed.
//! 6. If the network has a proxy for the host (`HTTPS_PROXY`, `NO_PROXY`), the connection uses it,
//!    and the proxy resolves the name; its operator decides what it may reach. If this machine can
//!    resolve the name, the addresses are still checked; if not, the name must not look internal.
//! 7. A [`Fetcher`] for hosts that an operator names may reach private networks, at any port
//!    ([`FetchOptions::allow_private`]).
//! 8. Time (including name resolution) and size are limited. The caller learns how long the headers
//!    allow the document to be cached.

mod backoff;
mod concurrency;
mod guard;

use std::{
    collections::HashMap,
    fmt,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use http_cache_semantics::{CacheOptions, CachePolicy};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use ipnet::{IpNet, Ipv6Net};
use reqwest::{Proxy, Response, StatusCode, header::ACCEPT};
use tokio::{sync::OnceCell, time::timeout};
use url::{Host, Url};

use foundation::{clock::Clock, tls_config};

use backoff::{Backoff, authority};
use concurrency::FetchSlots;
pub use concurrency::Requester;
use guard::{Guard, is_inside, translator_of};

const MAX_BYTES: usize = 64 * 1024;
/// Bounds on how long a document counts as fresh, regardless of its headers.
const MIN_FRESH: Duration = Duration::from_mins(1);
const MAX_FRESH: Duration = Duration::from_hours(24);

/// Why there is no document. Each of these may be temporary; only silence is cached, for 30
/// seconds.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The URL alone shows this, before its name is resolved.
    #[error("the URL must be https at a public address and the standard port")]
    Url,
    #[error("too many documents are being fetched; try again in a moment")]
    Busy,
    #[error("the host did not respond in time")]
    Unreachable,
    #[error("the document was not received in time")]
    Timeout,
    #[error("the host did not respond in time a moment ago; try again in 30 seconds")]
    Silent,
    #[error("the host resolves to an address that is not public")]
    NotPublic,
    #[error("the host does not resolve: {0}")]
    Resolve(std::io::Error),
    #[error("the request failed: {}", causes(.0))]
    Request(reqwest::Error),
    #[error("the response has the status {0}")]
    Status(u16),
    #[error("the response is larger than {MAX_BYTES} bytes")]
    TooLarge,
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
}

impl FetchError {
    /// Whether the host itself reported that the document no longer exists.
    pub fn is_withdrawal(&self) -> bool {
        matches!(self, Self::Status(404 | 410))
    }
}

impl From<reqwest::Error> for FetchError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_connect() && error.is_timeout() {
            return Self::Unreachable;
        }
        // The code that logs this knows the URL, and may omit a part of it.
        Self::Request(error.without_url())
    }
}

/// The error with its causes, such as an unknown certificate authority or a refused connection.
fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.join(": ")
}

/// A document, and how long it may be cached.
#[derive(Clone, Debug)]
pub struct Fetched {
    pub body: Vec<u8>,
    pub fresh_for: Duration,
}

/// How long each part of a fetch may take.
#[derive(Clone, Copy, Debug)]
pub struct FetchTimes {
    /// The time in the queue for a slot.
    pub queue: Duration,
    /// The time for each of resolving, connecting, and the first byte of the response.
    pub step: Duration,
    /// The time for the whole fetch after the queue.
    pub whole: Duration,
    /// How long a host that was too slow is skipped.
    pub backoff: Duration,
}

impl Default for FetchTimes {
    fn default() -> Self {
        Self {
            queue: Duration::from_secs(2),
            step: Duration::from_secs(2),
            whole: Duration::from_secs(5),
            backoff: Duration::from_secs(30),
        }
    }
}

/// Where a [`Fetcher`] may go, and how.
pub struct FetchOptions {
    /// Whether loopback addresses are allowed, as on a hub that listens on loopback.
    pub allow_loopback: bool,
    /// Whether addresses of private networks and other ports are allowed, for hosts that an operator
    /// names. It never allows loopback, link-local or other special addresses.
    pub allow_private: bool,
    /// Refused networks, in addition to those that are not public.
    pub refused: Vec<IpNet>,
    /// The NAT64 prefixes of the network; RFC 6052 §2.2 defines their valid lengths.
    pub translators: Vec<Ipv6Net>,
    pub proxies: Matcher,
    pub times: FetchTimes,
}

impl FetchOptions {
    /// The options with the proxies from the environment.
    pub fn of_environment() -> Self {
        Self {
            proxies: Matcher::from_env(),
            ..Self::direct()
        }
    }

    /// The options without a proxy.
    pub fn direct() -> Self {
        Self {
            allow_loopback: false,
            allow_private: false,
            refused: Vec::new(),
            translators: Vec::new(),
            proxies: Matcher::builder().build(),
            times: FetchTimes::default(),
        }
    }
}

/// Fetches documents behind the guard; cheap to clone.
#[derive(Clone)]
pub struct Fetcher(Arc<Inner>);

struct Inner {
    guard: Guard,
    proxies: Matcher,
    times: FetchTimes,
    tls: rustls::ClientConfig,
    slots: FetchSlots,
    backoff: Backoff,
    /// The documents that are being fetched now, by URL.
    under_way: Mutex<HashMap<Url, Weak<OnceCell<Fetched>>>>,
    clock: Clock,
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Fetcher").field(&self.0.guard).finish()
    }
}

/// Where a request is sent.
enum Way {
    /// Directly, to one of these addresses.
    Direct(Vec<SocketAddr>),
    Proxy(Intercept),
}

impl Fetcher {
    pub fn new(options: FetchOptions, clock: Clock) -> Result<Self, FetchError> {
        let FetchOptions {
            allow_loopback,
            allow_private,
            refused,
            translators,
            proxies,
            times,
        } = options;
        Ok(Self(Arc::new(Inner {
            guard: Guard::new(&refused, &translators, allow_loopback).with_private(allow_private),
            proxies,
            times,
            tls: tls_config()?,
            slots: FetchSlots::default(),
            backoff: Backoff::new(times.backoff),
            under_way: Mutex::default(),
            clock,
        })))
    }

    pub fn allows_loopback(&self) -> bool {
        self.0.guard.allow_loopback
    }

    pub async fn get(&self, url: &Url, requester: Requester) -> Result<Fetched, FetchError> {
        let times = self.0.times;
        let same = self.same(url);
        let fetched = same.get_or_try_init(|| self.get_in_slot(url, requester));
        // If the shared fetch fails, those that wait for it try one after the other.
        let fetched = timeout(times.queue + times.whole, fetched).await;
        Ok(fetched.map_err(|_| FetchError::Busy)??.clone())
    }

    /// The NAT64 prefix of this network, if there is one that the settings do not name.
    pub async fn unnamed_translator(&self) -> Option<Ipv6Net> {
        let found = tokio::net::lookup_host(("ipv4only.arpa", 443));
        let mut found = timeout(self.0.times.step, found).await.ok()?.ok()?;
        let prefix = found.find_map(|address| match address.ip() {
            IpAddr::V6(address) => translator_of(address),
            IpAddr::V4(_) => None,
        })?;
        (!self.0.guard.knows(&prefix)).then_some(prefix)
    }

    /// The fetch that all current requests for this URL share.
    fn same(&self, url: &Url) -> Arc<OnceCell<Fetched>> {
        let under_way = &self.0.under_way;
        let mut under_way = under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(same) = under_way.get(url).and_then(Weak::upgrade) {
            return same;
        }
        under_way.retain(|_, fetch| fetch.strong_count() > 0);
        let new = Arc::default();
        under_way.insert(url.clone(), Arc::downgrade(&new));
        new
    }

    async fn get_in_slot(&self, url: &Url, requester: Requester) -> Result<Fetched, FetchError> {
        let host = authority(url).ok_or(FetchError::Url)?;
        let has_credentials = !url.username().is_empty() || url.password().is_some();
        if has_credentials || self.0.guard.never_fetches(url) {
            return Err(FetchError::Url);
        }
        let (backoff, times) = (&self.0.backoff, self.0.times);
        if backoff.applies_to(url, self.0.clock.now()) {
            return Err(FetchError::Silent);
        }
        let slot = self.0.slots.acquire(&host, requester, times.queue).await;
        let _slot = slot.ok_or(FetchError::Busy)?;
        let fetched = timeout(times.whole, self.fetch(url)).await;
        let fetched = fetched.unwrap_or(Err(FetchError::Timeout));
        match &fetched {
            Err(FetchError::Unreachable) => backoff.add_host(url, self.0.clock.now()),
            Err(FetchError::Timeout) => backoff.add_document(url, self.0.clock.now()),
            _ => {}
        }
        fetched
    }

    async fn fetch(&self, url: &Url) -> Result<Fetched, FetchError> {
        let way = self.way(url).await?;
        let step = self.0.times.step;
        let request = self
            .client(url, way)?
            .get(url.clone())
            .header(ACCEPT, "application/json");
        let mut response = timeout(2 * step, request.send())
            .await
            .map_err(|_| FetchError::Timeout)??;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        let fresh_for = self.freshness(url, &response);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > MAX_BYTES {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Fetched { body, fresh_for })
    }

    /// The way to the host, if the host is allowed.
    async fn way(&self, url: &Url) -> Result<Way, FetchError> {
        let proxy = url.as_str().parse().ok();
        let proxy = proxy.and_then(|uri| self.0.proxies.intercept(&uri));
        let addresses = match (self.resolve(url).await, &proxy) {
            (Err(_), Some(_)) => Vec::new(),
            (addresses, _) => addresses?,
        };
        let is_resolved = !addresses.is_empty();
        let may_stay_unresolved = proxy.is_some() && !url.host_str().is_none_or(is_inside);
        let guard = &self.0.guard;
        if !(is_resolved || may_stay_unresolved)
            || !addresses.iter().all(|a| guard.may_connect_to(a.ip()))
        {
            return Err(FetchError::NotPublic);
        }
        let is_local = is_resolved && addresses.iter().all(|a| a.ip().is_loopback());
        if url.scheme() != "https" && !(url.scheme() == "http" && is_local) {
            return Err(FetchError::Url);
        }
        let may_use_any_port = is_local || guard.allow_private;
        if !may_use_any_port && url.port_or_known_default() != Some(443) {
            return Err(FetchError::Url);
        }
        match proxy {
            Some(proxy) if !is_local => Ok(Way::Proxy(proxy)),
            _ => Ok(Way::Direct(addresses)),
        }
    }

    async fn resolve(&self, url: &Url) -> Result<Vec<SocketAddr>, FetchError> {
        let port = url.port_or_known_default().ok_or(FetchError::Url)?;
        match url.host().ok_or(FetchError::Url)? {
            Host::Ipv4(address) => Ok(vec![(address, port).into()]),
            Host::Ipv6(address) => Ok(vec![(address, port).into()]),
            Host::Domain(name) => {
                let resolved = tokio::net::lookup_host((name, port));
                let resolved = timeout(self.0.times.step, resolved).await;
                let resolved = resolved.map_err(|_| FetchError::Unreachable)?;
                Ok(resolved.map_err(FetchError::Resolve)?.collect())
            }
        }
    }

    /// The client for this one request.
    fn client(&self, url: &Url, way: Way) -> Result<reqwest::Client, FetchError> {
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(self.0.tls.clone())
            .user_agent(concat!("backlog-mcp-hub/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(self.0.times.step)
            // Only the proxy that the guard has checked is used.
            .no_proxy();
        let builder = match way {
            Way::Direct(addresses) => {
                let host = url.host_str().unwrap_or_default();
                builder.resolve_to_addrs(host, &addresses)
            }
            Way::Proxy(intercept) => {
                let proxy = Proxy::all(intercept.uri().to_string())?;
                builder.proxy(match intercept.basic_auth() {
                    Some(credentials) => proxy.custom_http_auth(credentials.clone()),
                    None => proxy,
                })
            }
        };
        Ok(builder.build()?)
    }

    fn freshness(&self, url: &Url, response: &Response) -> Duration {
        let now = self.0.clock.now().into();
        let request = http::Request::get(url.as_str())
            .body(())
            .unwrap_or_default();
        let mut head = http::Response::new(());
        *head.headers_mut() = response.headers().clone();
        let policy = CachePolicy::new_options(&request, &head, now, CacheOptions::default());
        // An `Expires` without a `Date` counts from now, with fractions of a second, which are not
        // stored.
        let whole = Duration::from_secs(policy.time_to_live(now).as_secs());
        whole.clamp(MIN_FRESH, MAX_FRESH)
    }
}

#[cfg(test)]
mod tests;
