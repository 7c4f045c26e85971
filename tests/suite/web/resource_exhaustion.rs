//! Limits on what one sender can make the hub hold: bytes of requests, connections, requests in
//! progress and calls in progress. A sender that has reached a limit affects no other sender.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use backlog_mcp_hub::config::BaseUrl;
use backlog_sim::{Matcher, seed};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};

use crate::support::{
    behind_proxy::{
        HOST, Proxied, SOMEBODY, SOMEBODY_ELSE, assert_retry_after, behind_proxy, request,
    },
    events::{Events, modern},
    hub::{Running, TestHub, eventually, http},
    mcp,
    person::{Person, call_request},
    reply::Reply,
};

const OAUTH_BODY: usize = 16 * 1024;
const MCP_BODY: usize = 4 << 20;

/// Connections that stay open until they are dropped, and what came back on them.
#[derive(Default)]
struct Unfinished {
    answers: Arc<std::sync::Mutex<Vec<String>>>,
    readers: Vec<JoinHandle<()>>,
    writers: Vec<tokio::net::tcp::OwnedWriteHalf>,
}

impl Unfinished {
    /// Sends the head of a request, and no more than `sent` bytes of its body.
    async fn send(&mut self, address: std::net::SocketAddr, head: &str, sent: usize) {
        let stream = TcpStream::connect(address).await.expect("a connection");
        let (mut reading, mut writing) = stream.into_split();
        let part = [head.as_bytes(), &vec![b'a'; sent]].concat();
        // One that is closed meanwhile is counted by what is read.
        let _ = writing.write_all(&part).await;
        self.writers.push(writing);
        let answers = Arc::clone(&self.answers);
        self.readers.push(tokio::spawn(async move {
            let mut answer = vec![0; 2048];
            let read = reading.read(&mut answer).await.unwrap_or(0);
            let text = String::from_utf8_lossy(&answer[..read]).into_owned();
            answers.lock().unwrap().push(text);
        }));
    }

    fn answers(&self) -> Vec<String> {
        self.answers.lock().unwrap().clone()
    }

    /// Waits until so many were answered, and no more.
    async fn assert_answered(&self, number: usize, with: &str) {
        eventually("the others are answered", async || {
            self.answers().len() >= number
        })
        .await;
        let answers = self.answers();
        assert_eq!(answers.len(), number, "{answers:?}");
        for answer in answers {
            assert!(answer.starts_with(with), "{answer}");
            assert!(
                answer.to_lowercase().contains("\r\nretry-after: "),
                "{answer}"
            );
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        for reader in &self.readers {
            reader.abort();
        }
    }
}

fn head(path: &str, from: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: {HOST}\r\nX-Forwarded-For: {from}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
    )
}

/// A request that is wrong, and is told so at once if it is read.
async fn token(hub: &Proxied, from: &str) -> Reply {
    let form = [("grant_type", "refresh_token"), ("client_id", "x")];
    Reply::to(request(hub, Method::POST, "/token", from).form(&form)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn unfinished_bodies_take_their_networks_share_and_no_more() {
    const HELD: usize = (2 << 20) / OAUTH_BODY;
    const REFUSED: usize = 300;
    let hub = behind_proxy(true).await;
    let mut unfinished = Unfinished::default();
    let head = head("/token", SOMEBODY, OAUTH_BODY);
    for _ in 0..HELD + REFUSED {
        unfinished.send(hub.address(), &head, 100).await;
    }
    unfinished.assert_answered(REFUSED, "HTTP/1.1 503 ").await;
    let refused = token(&hub, SOMEBODY).await;
    refused.oauth_error(503, "temporarily_unavailable");
    assert_retry_after(&refused);
    // A page for a person, who comes from there as well.
    let form = [("request", "x")];
    let page = request(&hub, Method::POST, "/consent", SOMEBODY).form(&form);
    Reply::to(page).await.page(429);
    // Another network has its own share.
    let elsewhere = token(&hub, SOMEBODY_ELSE).await;
    elsewhere.oauth_error(400, "invalid_request");
    drop(unfinished);
    eventually("the share is free again", async || {
        token(&hub, SOMEBODY).await.status == StatusCode::BAD_REQUEST
    })
    .await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_length_that_is_too_large_is_refused_before_the_body_comes() {
    let hub = behind_proxy(true).await;
    for path in ["/token", "/register", "/revoke"] {
        let mut unfinished = Unfinished::default();
        let head = head(path, SOMEBODY, OAUTH_BODY + 1);
        unfinished.send(hub.address(), &head, 0).await;
        eventually(path, async || !unfinished.answers().is_empty()).await;
        let answer = unfinished.answers().concat();
        assert!(answer.starts_with("HTTP/1.1 413 "), "{path}: {answer}");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_in_progress_of_a_network_are_limited_and_its_users_are_served() {
    const AT_A_TIME: usize = 256;
    const MORE: usize = 20;
    let behind = Behind::start().await;
    let address = behind.replica.address;
    let mut unfinished = Unfinished::default();
    // Small ones: it is their number that counts.
    let head = head("/token", SOMEBODY, 10);
    for _ in 0..AT_A_TIME + MORE {
        unfinished.send(address, &head, 1).await;
    }
    unfinished.assert_answered(MORE, "HTTP/1.1 429 ").await;
    let page = http()
        .get(format!("{}/authorize", behind.url))
        .header("host", HOST)
        .header("accept", "text/html")
        .header("x-forwarded-for", SOMEBODY);
    Reply::to(page).await.page(429);
    // Who is signed in counts by the grant, wherever the request comes from.
    let answered = Reply::to(behind.call(&behind.daniel)).await;
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.body);
    drop(unfinished);
    behind.stop().await;
}

/// A hub behind a proxy on this machine, with two people who are signed in.
struct Behind {
    hub: TestHub,
    replica: Running,
    url: String,
    daniel: String,
    maja: String,
}

impl Behind {
    async fn start() -> Self {
        let hub = TestHub::start().await;
        let [daniel, maja] = [seed::DANIEL, seed::MAJA].map(async |user| {
            let tokens = Person::default().sign_in(&hub, user).await;
            tokens.access_token
        });
        let (daniel, maja) = (daniel.await, maja.await);
        hub.sql(&format!(
            "UPDATE hub.grants SET resource = 'https://{HOST}/mcp'"
        ))
        .await;
        let (replica, url) = hub
            .replica_with(|settings| {
                settings.base_url =
                    Some(BaseUrl::parse(&format!("https://{HOST}")).expect("a base URL"));
                settings.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
            })
            .await;
        Self {
            hub,
            replica,
            url,
            daniel,
            maja,
        }
    }

    fn call(&self, token: &str) -> reqwest::RequestBuilder {
        call_request(&self.url, token, "get_space", json!({}))
            .header("host", HOST)
            .header("x-forwarded-for", SOMEBODY)
    }

    async fn stop(self) {
        self.replica.stop().await;
        self.hub.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_unfinished_messages_take_their_users_share_and_no_more() {
    const HELD: usize = (16 << 20) / MCP_BODY;
    const REFUSED: usize = 5;
    let behind = Behind::start().await;
    let mut unfinished = Unfinished::default();
    let head = format!(
        "POST /mcp HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\
         Content-Length: {MCP_BODY}\r\n\r\n",
        behind.daniel
    );
    for _ in 0..HELD + REFUSED {
        unfinished
            .send(behind.replica.address, &head, 100_000)
            .await;
    }
    unfinished.assert_answered(REFUSED, "HTTP/1.1 503 ").await;
    let refused = Reply::to(behind.call(&behind.daniel)).await;
    refused.oauth_error(503, "temporarily_unavailable");
    let other = Reply::to(behind.call(&behind.maja)).await;
    assert_eq!(other.status, StatusCode::OK, "{}", other.body);
    drop(unfinished);
    eventually("the share is free again", async || {
        Reply::to(behind.call(&behind.daniel)).await.status == StatusCode::OK
    })
    .await;
    behind.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_in_progress_of_a_grant_are_limited() {
    const AT_A_TIME: usize = 32;
    let behind = Behind::start().await;
    let control = behind.hub.sim.control();
    control.hold(Matcher::path("/api/v2/space"));
    let calls: Vec<_> = (0..AT_A_TIME)
        .map(|_| tokio::spawn(behind.call(&behind.daniel).send()))
        .collect();
    control.wait_for_held(AT_A_TIME).await;
    let refused = Reply::to(behind.call(&behind.daniel)).await;
    refused.oauth_error(429, "temporarily_unavailable");
    assert_retry_after(&refused);
    let other = tokio::spawn(behind.call(&behind.maja).send());
    control.wait_for_held(AT_A_TIME + 1).await;
    control.release();
    for call in calls.into_iter().chain([other]) {
        let answer = call.await.expect("no panic").expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
    }
    let again = Reply::to(behind.call(&behind.daniel)).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.body);
    behind.stop().await;
}

/// Subscriptions have limits of their own, and last for an hour.
#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_do_not_count_as_calls_in_progress() {
    const SUBSCRIPTIONS: usize = 8;
    const CALLS: usize = 32;
    let behind = Behind::start().await;
    let filter = json!({ "notifications": { "toolsListChanged": true } });
    let mut open = Vec::new();
    for _ in 0..SUBSCRIPTIONS {
        let url = format!("{}/mcp", behind.url);
        let request = mcp::request(&url, Some(&behind.daniel)).header("host", HOST);
        let mut events =
            Events::open(modern(request, "subscriptions/listen", filter.clone())).await;
        let first = events.next().await.expect("an acknowledgment");
        assert_eq!(first["method"], "notifications/subscriptions/acknowledged");
        open.push(events);
    }
    let control = behind.hub.sim.control();
    control.hold(Matcher::path("/api/v2/space"));
    let calls: Vec<_> = (0..CALLS)
        .map(|_| tokio::spawn(behind.call(&behind.daniel).send()))
        .collect();
    control.wait_for_held(CALLS).await;
    control.release();
    for call in calls {
        let answer = call.await.expect("no panic").expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
    }
    drop(open);
    behind.stop().await;
}

/// Opens connections that say nothing; how many of them the hub ends.
async fn idle(hub: &Proxied, number: usize) -> (Vec<JoinHandle<()>>, Arc<AtomicUsize>) {
    let ended = Arc::<AtomicUsize>::default();
    let mut open = Vec::new();
    for _ in 0..number {
        let mut stream = TcpStream::connect(hub.address())
            .await
            .expect("a connection");
        let ended = Arc::clone(&ended);
        open.push(tokio::spawn(async move {
            let mut nothing = [0; 1];
            let _ = stream.read(&mut nothing).await;
            ended.fetch_add(1, Ordering::Relaxed);
        }));
    }
    (open, ended)
}

#[tokio::test(flavor = "multi_thread")]
async fn open_connections_of_a_network_are_limited() {
    const AT_A_TIME: usize = 256;
    let hub = behind_proxy(false).await;
    let (open, ended) = idle(&hub, AT_A_TIME + 30).await;
    eventually("the others are closed", async || {
        ended.load(Ordering::Relaxed) == 30
    })
    .await;
    for connection in open {
        connection.abort();
    }
    eventually("there is room again", async || {
        let health = request(&hub, Method::GET, "/health", SOMEBODY).send().await;
        health.is_ok_and(|health| health.status() == StatusCode::OK)
    })
    .await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connections_of_a_trusted_proxy_are_not_counted() {
    let hub = behind_proxy(true).await;
    let (open, ended) = idle(&hub, 300).await;
    for from in [SOMEBODY, SOMEBODY_ELSE] {
        let health = Reply::to(request(&hub, Method::GET, "/health", from)).await;
        assert_eq!(health.status, StatusCode::OK);
    }
    assert_eq!(ended.load(Ordering::Relaxed), 0);
    for connection in open {
        connection.abort();
    }
    hub.stop().await;
}

/// One of its two bytes becomes a hundred in memory.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_very_many_values_is_refused_before_they_are_built() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let call = |arguments: serde_json::Value| {
        call_request(&hub.base_url, &tokens.access_token, "get_issues", arguments)
    };
    let many = Reply::to(call(json!({ "projectId": vec![0; 60_000] }))).await;
    assert_eq!(many.status, StatusCode::BAD_REQUEST, "{}", many.body);
    assert!(many.body.contains("50000 values"), "{}", many.body);
    let text = Reply::to(call(json!({ "keyword": ",[{:".repeat(60_000) }))).await;
    assert_eq!(text.status, StatusCode::OK, "{}", text.body);
    hub.stop().await;
}
