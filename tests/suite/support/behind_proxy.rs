//! A hub behind a base URL that is not loopback, with the test as the proxy in front of it: it says
//! in `X-Forwarded-For` who asks. A hub on loopback spares its own computer.

use std::ops::Deref;

use backlog_mcp_hub::config::BaseUrl;
use futures_util::future::join_all;
use reqwest::{Client, Method, RequestBuilder, StatusCode};

use super::{
    hub::{TestHub, http},
    person::authorize_url,
    reply::Reply,
};

pub(crate) const HOST: &str = "hub.test";
/// Many more than any limit allows a minute.
pub(crate) const MANY: usize = 20_000;
pub(crate) const AT_A_TIME: usize = 16;
pub(crate) const SOMEBODY: &str = "203.0.113.7";
pub(crate) const SOMEBODY_ELSE: &str = "198.51.100.9";

/// A hub, and the proxy in front of it, which keeps its connections.
pub(crate) struct Proxied {
    pub hub: TestHub,
    http: Client,
}

impl Deref for Proxied {
    type Target = TestHub;

    fn deref(&self) -> &TestHub {
        &self.hub
    }
}

impl Proxied {
    pub(crate) async fn stop(self) {
        self.hub.stop().await;
    }
}

/// A hub behind a proxy on this machine, trusted or not.
pub(crate) async fn behind_proxy(trusted: bool) -> Proxied {
    let hub = TestHub::start_with(|settings| {
        settings.base_url = Some(BaseUrl::parse(&format!("https://{HOST}")).expect("a base URL"));
        if trusted {
            settings.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
        }
    })
    .await;
    Proxied { hub, http: http() }
}

/// A request as the proxy passes it on.
pub(crate) fn request(hub: &Proxied, method: Method, path: &str, from: &str) -> RequestBuilder {
    hub.http
        .request(method, format!("http://{}{path}", hub.address()))
        .header("host", HOST)
        .header("x-forwarded-for", from)
}

pub(crate) fn authorize(hub: &Proxied, client_id: &str, from: &str) -> RequestBuilder {
    let url = authorize_url(hub, client_id);
    let path = url.strip_prefix(&hub.base_url).expect("a URL of the hub");
    request(hub, Method::GET, path, from)
}

/// Sends requests, some at a time, until one is limited; how many were not, and the
/// refusal.
pub(crate) async fn until_limited(request: impl Fn() -> RequestBuilder) -> (usize, Reply) {
    let mut allowed = 0;
    while allowed < MANY {
        for reply in join_all((0..AT_A_TIME).map(|_| Reply::to(request()))).await {
            if reply.status == StatusCode::TOO_MANY_REQUESTS {
                return (allowed, reply);
            }
            allowed += 1;
        }
    }
    panic!("{MANY} requests, and none was limited");
}

/// `Retry-After`, which must be a number of seconds that is worth waiting.
pub(crate) fn assert_retry_after(reply: &Reply) {
    let seconds: u64 = reply.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&seconds), "{seconds}");
}
