//! `HEAD` wherever there is a `GET`, and what a kept connection may expect.

use std::{path::Path, time::Duration};

use reqwest::{Method, StatusCode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::Local;
use crate::support::{
    hub::{TestHub, http},
    reply::Reply,
};

/// What a `GET` reads, with the status that it has here.
const READ: [(&str, u16); 22] = [
    ("/health", 200),
    ("/ready", 200),
    ("/static/hub.css", 200),
    ("/", 200),
    ("/spaces/default", 200),
    ("/register/nobody", 401),
    ("/spaces/default/register/nobody", 401),
    ("/.well-known/jwks.json", 200),
    ("/spaces/default/.well-known/jwks.json", 200),
    ("/.well-known/oauth-authorization-server", 200),
    ("/.well-known/oauth-authorization-server/mcp", 200),
    (
        "/.well-known/oauth-authorization-server/spaces/default",
        200,
    ),
    ("/mcp/.well-known/oauth-authorization-server", 200),
    (
        "/spaces/default/.well-known/oauth-authorization-server",
        200,
    ),
    (
        "/spaces/default/mcp/.well-known/oauth-authorization-server",
        200,
    ),
    ("/.well-known/openid-configuration", 200),
    ("/.well-known/openid-configuration/mcp", 200),
    ("/spaces/default/mcp/.well-known/openid-configuration", 200),
    ("/.well-known/oauth-protected-resource", 200),
    ("/.well-known/oauth-protected-resource/mcp", 200),
    ("/spaces/default/.well-known/oauth-protected-resource", 200),
    ("/no/such/page", 404),
];

/// Where a `GET` is a step of a sign-in, a `HEAD` does nothing.
const STEPS: [&str; 3] = ["/authorize", "/spaces/default/authorize", "/callback"];

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_that_accept_get_accept_head() {
    let hub = TestHub::start().await;
    let ask = async |method: Method, path: &str| {
        Reply::to(
            http()
                .request(method, hub.url(path))
                .header("accept", "*/*"),
        )
        .await
    };
    for (path, status) in READ {
        let get = ask(Method::GET, path).await;
        let head = ask(Method::HEAD, path).await;
        assert_eq!(get.status, status, "{path}: {}", get.body);
        assert_eq!(head.status, get.status, "{path}");
        assert_eq!(head.body, "", "{path}");
        for name in ["content-type", "cache-control", "content-length"] {
            let of = |reply: &Reply| reply.headers.get(name).cloned();
            assert_eq!(of(&head), of(&get), "{path}: {name}");
        }
    }
    let before = hub.state().await;
    for path in STEPS {
        for query in ["", "?client_id=nobody&state=x&code=y"] {
            let head = ask(Method::HEAD, &format!("{path}{query}")).await;
            assert_eq!(head.status, StatusCode::OK, "{path}");
            assert!(!head.headers.contains_key("set-cookie"), "{path}");
        }
    }
    assert_eq!(hub.state().await, before, "nothing was stored");
    hub.stop().await;
}

/// The lists above are of the map of the routes: there, a bare `GET` is a step of a sign-in.
#[test]
fn every_get_of_the_map_has_its_head() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/routes.rs");
    let map = std::fs::read_to_string(file).expect("the map of the routes");
    let steps: Vec<_> = map.match_indices("web::get()").collect();
    let without_effect = map.matches(".route(head())").count();
    assert_eq!(steps.len(), without_effect, "a GET without its HEAD");
    for (at, _) in steps {
        let handler = &map[at..][..map[at..].find(')').expect("an end") + 30];
        let known = ["authorize::get", "callback::get"];
        assert!(known.iter().any(|name| handler.contains(name)), "{handler}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_local_server_is_asked_for_its_health_by_head_too() {
    let local = Local::start(false).await;
    let url = local.endpoint.url.replace("/mcp", "/health");
    let head = Reply::to(http().head(url)).await;
    assert_eq!(head.status, StatusCode::OK);
    assert_eq!(head.body, "");
}

/// The server library's own bound is five seconds.
#[tokio::test(flavor = "multi_thread")]
async fn the_local_server_keeps_a_connection_that_is_idle() {
    let local = Local::start(false).await;
    let address = local
        .endpoint
        .url
        .replace("http://", "")
        .replace("/mcp", "");
    let mut connection = TcpStream::connect(&address).await.expect("a connection");
    let request = format!("GET /health HTTP/1.1\r\nhost: {address}\r\n\r\n");
    let mut answer = vec![0; 4096];
    connection
        .write_all(request.as_bytes())
        .await
        .expect("sent");
    let read = connection.read(&mut answer).await.expect("an answer");
    assert!(answer[..read].starts_with(b"HTTP/1.1 200"));
    // Nothing comes, not even the end.
    let more = timeout(Duration::from_secs(8), connection.read(&mut answer)).await;
    assert!(more.is_err(), "{more:?}");
}
