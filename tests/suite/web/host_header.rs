//! The forms in which a client may write a host: the hub's own name, a space's host name and an
//! allowed host each match in every form of the same name, and another port does not.

use backlog_mcp_hub::config::BaseUrl;
use reqwest::{StatusCode, header::HOST};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{
    hub::{TestHub, eventually, http},
    reply::Reply,
};

const OWN: &str = "mcp.example.com";
const OF_SPACE: &str = "mcp.acme.example";
const ALLOWED: &str = "alias.example";
const ALLOWED_AT_PORT: &str = "port.example";

/// A hub whose base URL is this one.
async fn hub(base_url: &str) -> TestHub {
    let base_url = BaseUrl::parse(base_url).expect("a base URL");
    let hub = TestHub::start_with(|settings| {
        settings.base_url = Some(base_url);
        settings.allowed_hosts = vec![ALLOWED.to_owned(), format!("{ALLOWED_AT_PORT}:8443")];
    })
    .await;
    let name = format!("UPDATE hub.spaces SET hostnames = '{{{OF_SPACE}}}'");
    assert_eq!(hub.sql(&name).await, 1);
    hub
}

/// Which kinds of endpoints answer for a host: the two documents, `/authorize` and `/mcp`.
async fn answers(hub: &TestHub, host: &str) -> Vec<bool> {
    let mut answers = Vec::new();
    for path in [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-authorization-server",
        "/authorize",
        "/mcp",
    ] {
        let request = http().get(format!("http://{}{path}", hub.address()));
        let reply = Reply::to(request.header(HOST, host)).await;
        answers.push(reply.status != StatusCode::MISDIRECTED_REQUEST);
    }
    answers
}

/// Asks each kind of endpoint for a host; all of them answer, or none.
async fn is_ours(hub: &TestHub, host: &str) -> bool {
    let answers = answers(hub, host).await;
    assert!(
        answers.iter().all(|one| *one == answers[0]),
        "{host}: {answers:?}"
    );
    answers[0]
}

async fn resource(hub: &TestHub, host: &str) -> Value {
    let path = "/.well-known/oauth-protected-resource";
    let request = http().get(format!("http://{}{path}", hub.address()));
    Reply::to(request.header(HOST, host)).await.json()["resource"].take()
}

/// The same place, written in other ways.
fn forms(name: &str) -> [String; 7] {
    [
        name.to_owned(),
        name.to_uppercase(),
        format!("{name}."),
        format!("{name}:"),
        format!("{name}.:"),
        format!("{name}:443"),
        format!("{name}.:443"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_a_name_is_the_same_host_and_other_ports_are_not() {
    let hub = hub(&format!("https://{OWN}")).await;
    eventually("the space's name is known", async || {
        is_ours(&hub, OF_SPACE).await
    })
    .await;
    for name in [OWN, OF_SPACE] {
        for form in forms(name) {
            assert!(is_ours(&hub, &form).await, "{form}");
            assert_eq!(
                resource(&hub, &form).await,
                format!("https://{name}/mcp"),
                "{form}"
            );
        }
        for other in ["8443", "80", "0", "65536", "x"] {
            let other = format!("{name}:{other}");
            assert!(!is_ours(&hub, &other).await, "{other}");
        }
        for other in [format!("x.{name}"), format!("{name}..")] {
            assert!(!is_ours(&hub, &other).await, "{other}");
        }
    }
    for form in forms(ALLOWED) {
        assert!(is_ours(&hub, &form).await, "{form}");
    }
    let allowed = format!("{ALLOWED_AT_PORT}.:8443");
    assert!(is_ours(&hub, &allowed).await, "{allowed}");
    // A name without a port is an address for clients at the port of the base URL only; at another
    // one, requests are served and nothing is discovered.
    let at_other_port = answers(&hub, &format!("{ALLOWED}:8443")).await;
    assert_eq!(at_other_port, [false, false, true, true]);
    for other in [
        ALLOWED_AT_PORT,
        "port.example:443",
        "evil.example",
        "",
        ":443",
    ] {
        assert!(!is_ours(&hub, other).await, "{other}");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_url_with_a_port_or_an_ipv6_address_has_its_forms() {
    let of_port = hub(&format!("https://{OWN}:8443")).await;
    for form in [format!("{OWN}:8443"), format!("{OWN}.:8443")] {
        assert!(is_ours(&of_port, &form).await, "{form}");
    }
    for other in [OWN.to_owned(), format!("{OWN}:443"), format!("{OWN}:")] {
        assert!(!is_ours(&of_port, &other).await, "{other}");
    }
    of_port.stop().await;

    let of_address = hub("https://[2001:db8::1]").await;
    for form in [
        "[2001:db8::1]",
        "[2001:DB8:0::1]",
        "[2001:db8::1]:443",
        "[2001:db8::1]:",
    ] {
        assert!(is_ours(&of_address, form).await, "{form}");
    }
    for other in [
        "[2001:db8::1]:8443",
        "[2001:db8::2]",
        "2001:db8::1",
        "[2001:db8::1",
    ] {
        assert!(!is_ours(&of_address, other).await, "{other}");
    }
    of_address.stop().await;
}

/// The status of a request whose target is absolute.
async fn absolute(hub: &TestHub, target: &str, host: &str) -> String {
    let mut connection = TcpStream::connect(hub.address()).await.expect("connected");
    let path = "/.well-known/oauth-protected-resource";
    let request =
        format!("GET {target}{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    connection
        .write_all(request.as_bytes())
        .await
        .expect("sent");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.expect("read");
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_of_an_absolute_target_overrules_the_header() {
    let hub = hub(&format!("https://{OWN}")).await;
    for (target, host, status) in [
        (OWN, OWN, "200"),
        (OWN, "evil.example", "200"),
        ("mcp.example.com.:443", "evil.example", "200"),
        ("evil.example", OWN, "421"),
        ("mcp.example.com:8443", OWN, "421"),
        ("user@mcp.example.com", OWN, "421"),
    ] {
        for scheme in ["http", "https"] {
            let target = format!("{scheme}://{target}");
            assert_eq!(
                absolute(&hub, &target, host).await,
                status,
                "{target}, {host}"
            );
        }
    }
    hub.stop().await;
}
