//! Fetches documents whose addresses strangers name: the guard against requests
//! forged to reach inside (SSRF), and against hosts that keep the hub waiting.
//!
//! 1. https only, without credentials; on a loopback hub also http to loopback.
//! 2. A host that did not answer a moment ago is not asked ([`silence`]).
//! 3. Who asks for what another asks for already gets the same answer. Everybody else waits for
//!    a turn ([`turns`]).
//! 4. The name is resolved once; if any address is not public, nothing is sent ([`guard`]).
//! 5. The connection goes to just those addresses: a second look at the name could
//!    give others. No redirects.
//! 6. Where the network has a proxy for the host (`HTTPS_PROXY`, `NO_PROXY`), the connection goes
//!    through it, and the proxy resolves the name. What it may reach is its operator's to say. A
//!    name that this machine can resolve is judged by its addresses all the same; one that it
//!    cannot resolve must not look like a host inside.
//! 7. Time, the resolving included, and size are bounded. What came is kept as long as its
//!    headers allow.

mod guard;
mod silence;
mod turns;

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

use crate::{backlog::tls_config, clock::Clock};

use guard::{Guard, is_inside, translator_of};
use silence::Silence;
pub use turns::Asker;
use turns::Turns;

const MAX_BYTES: usize = 64 * 1024;
/// Bounds on how long a document counts as fresh, whatever its headers say.
const MIN_FRESH: Duration = Duration::from_secs(60);
const MAX_FRESH: Duration = Duration::from_secs(24 * 3600);

/// Why there is no document. All of them may pass; only silence is remembered, for 30 seconds.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Its address shows it, whatever a name resolves to.
    #[error("only https at a public address and the standard port is fetched")]
    Url,
    #[error("too many documents are being fetched")]
    Busy,
    #[error("the host did not answer in time")]
    Unreachable,
    #[error("the document did not come in time")]
    Timeout,
    #[error("the host did not answer in time a moment ago, and is not asked again yet")]
    Silent,
    #[error("the host resolves to an address that is not public")]
    NotPublic,
    #[error("the host does not resolve: {0}")]
    Resolve(std::io::Error),
    #[error("the request failed: {}", causes(.0))]
    Request(reqwest::Error),
    #[error("the answer has the status {0}")]
    Status(u16),
    #[error("the answer is larger than {MAX_BYTES} bytes")]
    TooLarge,
    #[error("TLS could not be set up: {0}")]
    Tls(#[from] rustls::Error),
}

impl FetchError {
    /// Whether the host itself said that there is no such document any more.
    pub fn is_withdrawal(&self) -> bool {
        matches!(self, Self::Status(404 | 410))
    }
}

impl From<reqwest::Error> for FetchError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_connect() && error.is_timeout() {
            return Self::Unreachable;
        }
        // Whoever logs it has the address, and may leave a part of it out.
        Self::Request(error.without_url())
    }
}

/// What failed, with its causes: an unknown certificate authority, a refused connection.
fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.join(": ")
}

/// The host with its port, which is another one only on loopback.
fn authority(url: &Url) -> Option<String> {
    let port = url.port_or_known_default()?;
    url.host_str().map(|host| format!("{host}:{port}"))
}

/// A document, and for how long it may be used.
#[derive(Clone, Debug)]
pub struct Fetched {
    pub body: Vec<u8>,
    pub fresh_for: Duration,
}

/// How long each part of a fetch may take.
#[derive(Clone, Copy, Debug)]
pub struct FetchTimes {
    /// The wait for a turn.
    pub queue: Duration,
    /// Each of resolving, connecting, and the first byte of the answer.
    pub step: Duration,
    /// All of it, once it is its turn.
    pub whole: Duration,
    /// How long a host that was too slow is left alone.
    pub silence: Duration,
}

impl Default for FetchTimes {
    fn default() -> Self {
        Self {
            queue: Duration::from_secs(2),
            step: Duration::from_secs(2),
            whole: Duration::from_secs(5),
            silence: Duration::from_secs(30),
        }
    }
}

/// Where a [`Fetcher`] may go, and how.
pub struct FetchOptions {
    /// A hub on loopback may read its neighbors there.
    pub allow_loopback: bool,
    /// Networks that are refused beside those that are not public.
    pub refused: Vec<IpNet>,
    /// The prefixes of the network's translators (NAT64), each as long as RFC 6052 §2.2 has it.
    pub translators: Vec<Ipv6Net>,
    pub proxies: Matcher,
    pub times: FetchTimes,
}

impl FetchOptions {
    /// With the proxies that the environment names.
    pub fn of_environment() -> Self {
        Self {
            proxies: Matcher::from_env(),
            ..Self::direct()
        }
    }

    /// Without a proxy.
    pub fn direct() -> Self {
        Self {
            allow_loopback: false,
            refused: Vec::new(),
            translators: Vec::new(),
            proxies: Matcher::builder().build(),
            times: FetchTimes::default(),
        }
    }
}

/// Fetches behind the guard; cheap to clone.
#[derive(Clone)]
pub struct Fetcher(Arc<Inner>);

struct Inner {
    guard: Guard,
    proxies: Matcher,
    times: FetchTimes,
    tls: rustls::ClientConfig,
    turns: Turns,
    silence: Silence,
    /// What is being fetched now, by its URL.
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
    /// To one of these addresses.
    Direct(Vec<SocketAddr>),
    Proxy(Intercept),
}

impl Fetcher {
    pub fn new(options: FetchOptions, clock: Clock) -> Result<Self, FetchError> {
        let FetchOptions {
            allow_loopback,
            refused,
            translators,
            proxies,
            times,
        } = options;
        Ok(Self(Arc::new(Inner {
            guard: Guard::new(&refused, &translators, allow_loopback),
            proxies,
            times,
            tls: tls_config()?,
            turns: Turns::default(),
            silence: Silence::new(times.silence),
            under_way: Mutex::default(),
            clock,
        })))
    }

    pub fn allows_loopback(&self) -> bool {
        self.0.guard.allow_loopback
    }

    pub async fn get(&self, url: &Url, asker: Asker) -> Result<Fetched, FetchError> {
        let times = self.0.times;
        let same = self.same(url);
        let fetched = same.get_or_try_init(|| self.get_in_turn(url, asker));
        // Those who wait for another's answer try one after the other if there is none.
        let fetched = timeout(times.queue + times.whole, fetched).await;
        Ok(fetched.map_err(|_| FetchError::Busy)??.clone())
    }

    /// The prefix of this network's translator, if it has one that nobody has named.
    pub async fn unnamed_translator(&self) -> Option<Ipv6Net> {
        let found = tokio::net::lookup_host(("ipv4only.arpa", 443));
        let mut found = timeout(self.0.times.step, found).await.ok()?.ok()?;
        let prefix = found.find_map(|address| match address.ip() {
            IpAddr::V6(address) => translator_of(address),
            IpAddr::V4(_) => None,
        })?;
        (!self.0.guard.knows(&prefix)).then_some(prefix)
    }

    /// The answer that everybody waits for who asks for this URL now.
    fn same(&self, url: &Url) -> Arc<OnceCell<Fetched>> {
        let under_way = &self.0.under_way;
        let mut under_way = under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(same) = under_way.get(url).and_then(Weak::upgrade) {
            return same;
        }
        under_way.retain(|_, answer| answer.strong_count() > 0);
        let new = Arc::default();
        under_way.insert(url.clone(), Arc::downgrade(&new));
        new
    }

    async fn get_in_turn(&self, url: &Url, asker: Asker) -> Result<Fetched, FetchError> {
        let host = authority(url).ok_or(FetchError::Url)?;
        let has_credentials = !url.username().is_empty() || url.password().is_some();
        if has_credentials || self.0.guard.never_fetches(url) {
            return Err(FetchError::Url);
        }
        let (silence, times) = (&self.0.silence, self.0.times);
        if silence.is_about(url, self.0.clock.now()) {
            return Err(FetchError::Silent);
        }
        let turn = self.0.turns.next(&host, asker, times.queue).await;
        let _turn = turn.ok_or(FetchError::Busy)?;
        let fetched = timeout(times.whole, self.fetch(url)).await;
        let fetched = fetched.unwrap_or(Err(FetchError::Timeout));
        match &fetched {
            Err(FetchError::Unreachable) => silence.of_host(url, self.0.clock.now()),
            Err(FetchError::Timeout) => silence.of_document(url, self.0.clock.now()),
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

    /// The way to the host, if it is one that may be asked.
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
        if !is_local && url.port_or_known_default() != Some(443) {
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

    /// A client for this one request.
    fn client(&self, url: &Url, way: Way) -> Result<reqwest::Client, FetchError> {
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(self.0.tls.clone())
            .user_agent(concat!("backlog-mcp-hub/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(self.0.times.step)
            // No other than the one that the guard knows of.
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
        let mut answer = http::Response::new(());
        *answer.headers_mut() = response.headers().clone();
        let policy = CachePolicy::new_options(&request, &answer, now, CacheOptions::default());
        // An `Expires` without a `Date` counts from now, in parts of a second that nothing keeps.
        let whole = Duration::from_secs(policy.time_to_live(now).as_secs());
        whole.clamp(MIN_FRESH, MAX_FRESH)
    }
}

#[cfg(test)]
mod tests;
