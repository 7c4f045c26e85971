//! Whatever admits the form of the response gets it; 406 is for what excludes it.

use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::{Endpoint, Local, VERSIONS, message_at, of_hub};
use crate::support::{hub::TestHub, reply::Reply};

/// The lines of `Accept`; whether they admit JSON, and events.
const ACCEPTS: [(&[&str], bool, bool); 22] = [
    (&["application/json, text/event-stream"], true, true),
    (&["text/event-stream, application/json"], true, true),
    (&["application/json,text/event-stream"], true, true),
    (&["Application/JSON, Text/Event-Stream"], true, true),
    (
        &["application/json; charset=utf-8, text/event-stream; x=\"1\""],
        true,
        true,
    ),
    (&["application/json", "text/event-stream"], true, true),
    (&["application/json"], true, false),
    (&["application/*"], true, false),
    (&["*/*"], true, true),
    (&[], true, true),
    (&[""], true, true),
    (&["application/json;q=0.9, */*;q=0.1"], true, true),
    (&["application/json, text/event-stream;q=0"], true, false),
    (&["text/html, image/gif, image/jpeg, */*; q=.2"], true, true),
    (
        &["text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"],
        true,
        true,
    ),
    (&["application/json, text/plain, */*"], true, true),
    (&["text/html", "application/json;q=0.1"], true, false),
    (&["text/event-stream"], false, true),
    (&["application/json;q=0, */*"], false, true),
    (&["text/html"], false, false),
    (&["application/json;q=0"], false, false),
    (&["*/*;q=0.0"], false, false),
];

fn accepting(request: RequestBuilder, lines: &[&str]) -> RequestBuilder {
    lines
        .iter()
        .fold(request, |request, line| request.header("accept", *line))
}

fn with_version(request: RequestBuilder, version: Option<&str>, method: &str) -> RequestBuilder {
    match version {
        None => request,
        Some(version @ "2026-07-28") => request
            .header("mcp-protocol-version", version)
            .header("mcp-method", method),
        Some(version) => request.header("mcp-protocol-version", version),
    }
}

/// The requests of one version, the first of a client among them.
fn requests(version: Option<&str>) -> [(&'static str, Value); 2] {
    let hello = match version {
        Some("2026-07-28") => ("server/discover", json!({})),
        _ => {
            let params = json!({
                "protocolVersion": version.unwrap_or("2025-03-26"),
                "capabilities": {},
                "clientInfo": { "name": "test", "version": "1" },
            });
            ("initialize", params)
        }
    };
    [("tools/list", json!({})), hello]
}

/// The one response in a body of either form.
fn response_in(reply: &Reply) -> Value {
    match reply.header("content-type") {
        "application/json" => reply.json(),
        "text/event-stream" => {
            let data = reply
                .body
                .lines()
                .find_map(|line| line.strip_prefix("data: "));
            serde_json::from_str(data.expect("an event")).expect("JSON")
        }
        other => panic!("{other}: {}", reply.body),
    }
}

async fn check(endpoint: &Endpoint) {
    for (lines, json, events) in ACCEPTS {
        for version in VERSIONS {
            for (method, params) in requests(version) {
                let sent = accepting(endpoint.post(), lines);
                let sent = with_version(sent, version, method);
                let reply = Reply::to(sent.json(&message_at(version, method, params))).await;
                let what = format!("{} {lines:?} {version:?} {method}", endpoint.name);
                let answer = response_in(&reply);
                assert_eq!(answer["id"], 1, "{what}: {answer}");
                if json || (events && endpoint.streams) {
                    assert_eq!(reply.status, StatusCode::OK, "{what}: {answer}");
                    assert!(answer["result"].is_object(), "{what}: {answer}");
                    let streamed = reply.header("content-type") == "text/event-stream";
                    assert_eq!(streamed, events && endpoint.streams, "{what}");
                } else {
                    assert_eq!(reply.status, StatusCode::NOT_ACCEPTABLE, "{what}");
                    assert_eq!(answer["error"]["code"], -32600, "{what}: {answer}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hub_responds_to_every_client_that_accepts_json() {
    let hub = TestHub::start().await;
    check(&of_hub(&hub).await).await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_local_server_responds_to_every_client_that_accepts_its_form() {
    for streams in [false, true] {
        check(&Local::start(streams).await.endpoint).await;
    }
}

/// What is nothing but events is refused to who takes none.
#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_is_for_who_takes_events() {
    let hub = TestHub::start().await;
    let of_hub = of_hub(&hub).await;
    let listen = message_at(
        Some("2026-07-28"),
        "subscriptions/listen",
        json!({ "notifications": { "toolsListChanged": true } }),
    );
    let sent = of_hub.post().header("accept", "application/json");
    let sent = with_version(sent, Some("2026-07-28"), "subscriptions/listen");
    let reply = Reply::to(sent.json(&listen)).await;
    assert_eq!(reply.status, StatusCode::NOT_ACCEPTABLE, "{}", reply.body);
    assert_eq!(reply.json()["id"], 1);
    hub.stop().await;
}

/// Nothing is returned for a notification, so any `Accept` will do.
#[tokio::test(flavor = "multi_thread")]
async fn a_notification_is_taken_whatever_its_sender_accepts() {
    let hub = TestHub::start().await;
    let endpoint = of_hub(&hub).await;
    let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    for (lines, ..) in ACCEPTS {
        let reply = Reply::to(accepting(endpoint.post(), lines).json(&ready)).await;
        assert_eq!(reply.status, StatusCode::ACCEPTED, "{lines:?}");
        assert_eq!(reply.body, "");
    }
    hub.stop().await;
}
