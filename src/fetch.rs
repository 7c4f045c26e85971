//! Fetches documents whose addresses strangers name: the guard against requests
//! forged to reach inside (SSRF).
//!
//! 1. https only, without credentials; on a loopback hub also http to loopback.
//! 2. The name is resolved once; if any address is not public, nothing is sent.
//! 3. The connection goes to just those addresses: a second look at the name could
//!    give others. No proxy, for the same reason; no redirects.
//! 4. Few at a time, to the port of https only; time, the resolving included, and size
//!    are bounded. What came is kept as long as its headers allow.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use http_cache_semantics::{CacheOptions, CachePolicy};
use ipnet::IpNet;
use tokio::sync::Semaphore;
use url::{Host, Url};

use crate::{backlog::tls_config, clock::Clock};

const TIMEOUT: Duration = Duration::from_secs(5);
/// Fetches under way at a time; one more is told to come again.
const CONCURRENT: usize = 8;
const MAX_BYTES: usize = 64 * 1024;
/// Bounds on how long a document counts as fresh, whatever its headers say.
const MIN_FRESH: Duration = Duration::from_secs(60);
const MAX_FRESH: Duration = Duration::from_secs(24 * 3600);

/// Special-purpose blocks that are not reachable from everywhere
/// (the IANA registries of RFC 6890).
const NOT_PUBLIC: [&str; 32] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/96",
    "::ffff:0:0:0/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
];

/// Why there is no document. All of them may pass, so none is remembered.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Its address shows it, whatever a name resolves to.
    #[error("only https at a public address and the standard port is fetched")]
    Url,
    #[error("too many documents are being fetched")]
    Busy,
    #[error("the document did not come in time")]
    Timeout,
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

impl From<reqwest::Error> for FetchError {
    fn from(error: reqwest::Error) -> Self {
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

/// A document, and for how long it may be used.
#[derive(Debug)]
pub struct Fetched {
    pub body: Vec<u8>,
    pub fresh_for: Duration,
}

/// Fetches behind the guard.
#[derive(Clone, Debug)]
pub struct Fetcher {
    not_public: Vec<IpNet>,
    tls: rustls::ClientConfig,
    /// A hub on loopback is for trying things out: it may read its neighbours.
    allow_loopback: bool,
    permits: Arc<Semaphore>,
    clock: Clock,
}

impl Fetcher {
    pub fn new(allow_loopback: bool, clock: Clock) -> Result<Self, FetchError> {
        Ok(Self {
            not_public: NOT_PUBLIC
                .iter()
                .filter_map(|block| block.parse().ok())
                .collect(),
            tls: tls_config()?,
            allow_loopback,
            permits: Arc::new(Semaphore::new(CONCURRENT)),
            clock,
        })
    }

    pub fn allows_loopback(&self) -> bool {
        self.allow_loopback
    }

    pub async fn get(&self, url: &Url) -> Result<Fetched, FetchError> {
        let _permit = self.permits.try_acquire().map_err(|_| FetchError::Busy)?;
        tokio::time::timeout(TIMEOUT, self.fetch(url))
            .await
            .map_err(|_| FetchError::Timeout)?
    }

    async fn fetch(&self, url: &Url) -> Result<Fetched, FetchError> {
        let host = url.host_str().ok_or(FetchError::Url)?;
        if !url.username().is_empty() || url.password().is_some() || self.never_fetches(url) {
            return Err(FetchError::Url);
        }
        let addresses = self.resolve(url).await?;
        let is_local = addresses.iter().all(|address| address.ip().is_loopback());
        if url.scheme() != "https" && !(url.scheme() == "http" && is_local) {
            return Err(FetchError::Url);
        }
        if !is_local && url.port_or_known_default() != Some(443) {
            return Err(FetchError::Url);
        }
        let mut response = reqwest::Client::builder()
            .tls_backend_preconfigured(self.tls.clone())
            .user_agent(concat!("backlog-mcp-hub/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .resolve_to_addrs(host, &addresses)
            .build()?
            .get(url.clone())
            .header(reqwest::header::ACCEPT, "application/json")
            .send()
            .await?;
        if response.status() != reqwest::StatusCode::OK {
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

    /// Whether the address alone shows that nothing is fetched from there.
    fn never_fetches(&self, url: &Url) -> bool {
        let address: Option<IpAddr> = match url.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            Some(Host::Domain(_)) | None => None,
        };
        if address.is_some_and(|address| !self.may_connect_to(address)) {
            return true;
        }
        // On a hub for one's own computer, a name may lead to a port there.
        !self.allow_loopback && (url.scheme() != "https" || url.port().is_some())
    }

    async fn resolve(&self, url: &Url) -> Result<Vec<SocketAddr>, FetchError> {
        let port = url.port_or_known_default().ok_or(FetchError::Url)?;
        let addresses: Vec<SocketAddr> = match url.host().ok_or(FetchError::Url)? {
            Host::Ipv4(address) => vec![(address, port).into()],
            Host::Ipv6(address) => vec![(address, port).into()],
            Host::Domain(name) => tokio::net::lookup_host((name, port))
                .await
                .map_err(FetchError::Resolve)?
                .collect(),
        };
        if addresses.is_empty() || !addresses.iter().all(|a| self.may_connect_to(a.ip())) {
            return Err(FetchError::NotPublic);
        }
        Ok(addresses)
    }

    fn may_connect_to(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        if address.is_loopback() {
            return self.allow_loopback;
        }
        address != IpAddr::V4(Ipv4Addr::BROADCAST)
            && !self.not_public.iter().any(|block| block.contains(&address))
    }

    fn freshness(&self, url: &Url, response: &reqwest::Response) -> Duration {
        let now = self.clock.now().into();
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
mod tests {
    use futures_util::{FutureExt, future::join_all};
    use tokio::net::TcpListener;

    use super::*;

    fn fetcher(allow_loopback: bool) -> Fetcher {
        Fetcher::new(allow_loopback, Clock::system()).expect("a fetcher")
    }

    #[test]
    fn every_listed_block_is_read() {
        assert_eq!(fetcher(false).not_public.len(), NOT_PUBLIC.len());
    }

    #[test]
    fn addresses_inside_are_refused_however_they_are_written() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "169.254.169.254",
            "192.168.0.1",
            "172.31.0.1",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "::1",
            "::",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "fe80::1",
            "fd00::1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
        ] {
            let address = text.parse().expect("an address");
            assert!(!fetcher(false).may_connect_to(address), "{text}");
        }
        for text in ["8.8.8.8", "2606:4700::1111"] {
            let address = text.parse().expect("an address");
            assert!(fetcher(false).may_connect_to(address), "{text}");
        }
        let loopback = "127.0.0.1".parse().expect("an address");
        assert!(fetcher(true).may_connect_to(loopback));
        assert!(!fetcher(true).may_connect_to("10.0.0.1".parse().expect("an address")));
    }

    #[tokio::test]
    async fn nothing_is_sent_inside_in_clear_or_with_credentials() {
        for (url, allow_loopback) in [
            ("https://127.0.0.1:1/x", false),
            ("https://localhost:1/x", false),
            ("https://[::ffff:127.0.0.1]:1/x", false),
            ("https://169.254.169.254/latest/meta-data", true),
            ("http://8.8.8.8/x", true),
            ("https://8.8.8.8:8443/x", true),
            ("ftp://8.8.8.8/x", true),
            ("http://u:p@127.0.0.1:1/x", true),
            ("http://u@127.0.0.1:1/x", true),
            ("http://:p@127.0.0.1:1/x", true),
        ] {
            let url = Url::parse(url).expect("a URL");
            let error = fetcher(allow_loopback)
                .get(&url)
                .await
                .expect_err("refused");
            assert!(
                matches!(error, FetchError::NotPublic | FetchError::Url),
                "{url}: {error}"
            );
        }
    }

    #[tokio::test]
    async fn what_failed_is_said_with_its_cause_and_without_the_address() {
        let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = closed.local_addr().expect("an address");
        drop(closed);
        let url = Url::parse(&format!("http://{address}/x?key=hunter2")).expect("a URL");
        let error = fetcher(true).get(&url).await.expect_err("refused");
        let text = error.to_string();
        assert!(text.contains("refused"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }

    #[test]
    fn an_address_that_is_never_fetched_shows_it_without_a_look_at_its_name() {
        for text in [
            "https://10.1.2.3/c.json",
            "https://[fd00::1]/c.json",
            "https://client.example:8443/c.json",
        ] {
            let url = Url::parse(text).expect("a URL");
            assert!(fetcher(false).never_fetches(&url), "{text}");
        }
        for text in [
            "https://client.example/c.json",
            "https://8.8.8.8:443/c.json",
        ] {
            let url = Url::parse(text).expect("a URL");
            assert!(!fetcher(false).never_fetches(&url), "{text}");
        }
    }

    /// PostgreSQL's intervals have microseconds, so a freshness in nanoseconds is refused there.
    #[test]
    fn freshness_is_in_whole_seconds() {
        let expires = Clock::system().now() + chrono::TimeDelta::hours(2);
        let expires = expires.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let answer = http::Response::builder().header("expires", expires);
        let answer = reqwest::Response::from(answer.body("").expect("an answer"));
        let url = Url::parse("https://client.example/metadata").expect("a URL");
        let fresh = fetcher(false).freshness(&url, &answer);
        assert!(fresh > Duration::from_secs(3600), "{fresh:?}");
        assert_eq!(fresh.subsec_nanos(), 0, "{fresh:?}");
    }

    #[tokio::test]
    async fn few_fetches_go_on_at_a_time_and_none_for_long() {
        let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = silent.local_addr().expect("an address");
        let url = Url::parse(&format!("http://{address}/x")).expect("a URL");
        let fetcher = fetcher(true);
        let mut under_way: Vec<_> = (0..CONCURRENT)
            .map(|_| Box::pin(fetcher.get(&url)))
            .collect();
        for fetch in &mut under_way {
            assert!(fetch.now_or_never().is_none(), "nobody answers");
        }
        assert!(matches!(fetcher.get(&url).await, Err(FetchError::Busy)));

        let begun = std::time::Instant::now();
        for outcome in join_all(under_way).await {
            assert!(matches!(outcome, Err(FetchError::Timeout)), "{outcome:?}");
        }
        assert!(begun.elapsed() < 2 * TIMEOUT);
        assert_eq!(fetcher.permits.available_permits(), CONCURRENT);
    }
}
