//! Requests that break off, or that a stranger sends, raise no alarm: the hub logs no error and no
//! warning for them.

use std::time::Duration;

use backlog_sim::{Matcher, seed};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::{
    events::{Events, modern},
    hub::{eventually, http},
    mcp::{message, request},
    person::Person,
    process::{DEADLINE, Deployment, Port, Process},
    reply::Reply,
};

/// The first bytes of a TLS connection: a record of a handshake, and a `ClientHello`.
const TLS_HELLO: &[u8] = b"\x16\x03\x01\x00\x2e\x01\x00\x00\x2a\x03\x03\
    0123456789abcdef0123456789abcdef\x00\x00\x02\x13\x01\x01\x00";
const LARGE: usize = 300_000;

/// What is no request, or not a right one.
fn oddities() -> Vec<(&'static str, Vec<u8>)> {
    let head = |text: &str| text.replace('\n', "\r\n").into_bytes();
    let large = format!(
        "GET /health HTTP/1.1\nHost: hub\nX-Large: {}\n\n",
        "a".repeat(LARGE)
    );
    vec![
        ("a TLS hello", TLS_HELLO.to_vec()),
        ("an HTTP/2 preface", head("PRI * HTTP/2.0\n\nSM\n\n")),
        ("SSH", head("SSH-2.0-OpenSSH_9.2\n")),
        (
            "two hosts",
            head("GET /health HTTP/1.1\nHost: hub\nHost: other\n\n"),
        ),
        ("no host", head("GET /mcp HTTP/1.1\n\n")),
        (
            "a host that is none",
            head("GET /mcp HTTP/1.1\nHost: a b/\x7f\n\n"),
        ),
        (
            "a version of HTTP that is none",
            head("GET /health HTTP/9.9\nHost: hub\n\n"),
        ),
        ("HTTP/0.9", head("GET /\n")),
        (
            "two lengths",
            head("POST /token HTTP/1.1\nHost: hub\nContent-Length: 1\nContent-Length: 2\n\nab"),
        ),
        (
            "a length and chunks",
            head(
                "POST /token HTTP/1.1\nHost: hub\nContent-Length: 3\n\
                 Transfer-Encoding: chunked\n\n0\n\n",
            ),
        ),
        (
            "a negative length",
            head("POST /token HTTP/1.1\nHost: hub\nContent-Length: -1\n\n"),
        ),
        (
            "chunks that are none",
            head("POST /token HTTP/1.1\nHost: hub\nTransfer-Encoding: chunked\n\nzz\nx\n"),
        ),
        (
            "a header without a name",
            head("GET /health HTTP/1.1\nHost: hub\n: x\n\n"),
        ),
        ("large headers", head(&large)),
        ("half a head", head("GET /health HTTP/1.1\nHost: h")),
        (
            "half a body",
            head("POST /token HTTP/1.1\nHost: hub\nContent-Length: 10\n\nabc"),
        ),
        ("nothing", Vec::new()),
    ]
}

/// Sends it to a new connection, reads what comes, and ends the connection: in order, or by a
/// reset.
async fn send(hub: &Process, bytes: &[u8], reset: bool) {
    let address = hub.url.trim_start_matches("http://");
    let mut connection = TcpStream::connect(address).await.expect("a connection");
    // The hub may end it before it has read everything.
    let _ = connection.write_all(bytes).await;
    if reset {
        connection.set_zero_linger().expect("a reset");
        return;
    }
    let _ = connection.shutdown().await;
    let read = timeout(DEADLINE, connection.read_to_end(&mut Vec::new())).await;
    let _ = read.expect("the hub ends the connection");
}

/// Clients that hang up while the hub works for them.
async fn break_off(deployment: &Deployment, hub: &Process) {
    let tokens = Person::default()
        .sign_in(&deployment.site, seed::DANIEL)
        .await;
    let token = tokens.access_token.as_str();
    let url = deployment.site.mcp_url();
    let backlog = deployment.sim.control();
    let calls = [
        message("resources/list", json!({})),
        message(
            "tools/call",
            json!({ "name": "get_issues", "arguments": {} }),
        ),
    ];
    for call in &calls {
        for modern_client in [false, true] {
            backlog.hold(Matcher::path("/api/v2/"));
            let waiting = match modern_client {
                false => request(&url, Some(token)).json(call),
                true => modern(
                    request(&url, Some(token)),
                    call["method"].as_str().expect("a method"),
                    call["params"].clone(),
                )
                .header("Mcp-Name", "get_issues"),
            };
            let waiting = tokio::spawn(waiting.send());
            backlog.wait_for_held(1).await;
            waiting.abort();
            eventually("the call is given up", async || backlog.held() == 0).await;
            backlog.release();
        }
    }
    let filter = json!({ "notifications": { "toolsListChanged": true } });
    let listening = modern(request(&url, Some(token)), "subscriptions/listen", filter);
    let mut events = Events::open(listening).await;
    events.next().await.expect("an acknowledgment");
    drop(events);
    // The hub has noticed by the time that it has served another one.
    send(
        hub,
        b"GET /health HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n",
        false,
    )
    .await;
}

/// A sign-in whose space moves to another site, and back, before Backlog's answer is there.
async fn moved_meanwhile(deployment: &Deployment) {
    let person = Person::default();
    let client = deployment.site.register().await;
    let consent = person.open_consent(&deployment.site, &client).await;
    let forward = person.decide(&deployment.site, &consent, "approve").await;
    let backlog = forward.refresh();
    let callback = person.sign_in_at_backlog(&backlog, seed::DANIEL, "approve");
    let callback = callback.await;
    let db = deployment.database.pool();
    let at_home: String = sqlx::query_scalar("SELECT base_url FROM hub.spaces")
        .fetch_one(db)
        .await
        .expect("a space");
    for (site, status) in [("https://elsewhere.backlog.com", 400), (&at_home, 302)] {
        sqlx::query("UPDATE hub.spaces SET base_url = $1")
            .bind(site)
            .execute(db)
            .await
            .expect("moved");
        let page = person.get(&callback).await;
        assert_eq!(page.status, status, "{}", page.body);
    }
}

/// Requests that are HTTP, and refused or not served because of what the stranger says.
async fn refusals(deployment: &Deployment) {
    let site = &deployment.site;
    let register = |metadata: Value| http().post(site.url("/register")).json(&metadata);
    let unreadable = register(json!({
        "redirect_uris": ["http://127.0.0.1/cb"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks_uri": "https://nowhere.invalid/jwks.json",
    }));
    let client = Reply::to(unreadable).await.json()["client_id"].clone();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client.as_str().expect("an id")),
        (
            "client_assertion",
            "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.AA",
        ),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
    ];
    let document = "client_id=https%3A%2F%2Fnowhere.invalid%2Fclient.json&response_type=code";
    for request in [
        http().post(site.url("/token")).form(&form),
        http().get(site.url(&format!("/authorize?{document}"))),
        http().post(site.url("/token")).body("not a form"),
        http().post(site.url("/register")).body("{"),
        http().get(site.url("/callback?state=x&error=%00%1b")),
        http()
            .get(site.url("/"))
            .header("host", "elsewhere.example"),
        http()
            .post(site.mcp_url())
            .bearer_auth("nonsense")
            .body("{"),
        http().post(site.url("/consent")).body("%%%"),
        http().get(site.url("/spaces/%ff/mcp")),
        http().put(site.url("/register/x")).json(&json!([])),
    ] {
        let reply = Reply::to(request).await;
        assert!(reply.status.as_u16() >= 400, "{}", reply.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_and_clients_that_break_off_cause_no_alarm() {
    let deployment = Deployment::new().await;
    let metrics = Port::reserve();
    let mut command = deployment.command();
    command
        .env("LOG_FORMAT", "json")
        .env("METRICS_ADDR", format!("127.0.0.1:{}", metrics.number));
    let mut hub = Process::start(command, deployment.site.base_url.clone()).await;
    refusals(&deployment).await;
    for (what, bytes) in oddities() {
        for reset in [false, true] {
            let sent = timeout(Duration::from_mins(2), send(&hub, &bytes, reset));
            sent.await.expect(what);
        }
    }
    moved_meanwhile(&deployment).await;
    break_off(&deployment, &hub).await;
    let series = r#"bmh_security_events_total{kind="malformed_request"} "#;
    eventually("what is not HTTP is counted", async || {
        let metrics = Reply::to(http().get(format!("{}/metrics", metrics.url()))).await;
        let number = metrics
            .body
            .lines()
            .find_map(|line| line.strip_prefix(series));
        number.and_then(|number| number.parse().ok()) >= Some(10_u32)
    })
    .await;
    hub.terminate();
    assert!(hub.ended().await.success());

    let said = hub.said();
    let mut levels = said.lines().map(|line| {
        let line: Value = serde_json::from_str(line).expect("JSON");
        (line["level"].as_str().unwrap_or_default().to_owned(), line)
    });
    assert!(said.contains("\"ready\""), "{said}");
    // That a machine is slow, or that the hub ends while a connection to the database is checked,
    // is no stranger's fault, and sqlx reports both.
    let is_of_database = |line: &Value| {
        let target = line["target"].as_str().unwrap_or_default();
        target == "sqlx::query" || target.starts_with("sqlx_core::pool::")
    };
    let alarm =
        levels.find(|(level, line)| (level == "ERROR" || level == "WARN") && !is_of_database(line));
    assert_eq!(alarm, None, "{said}");
}
