//! Batches: of the protocol versions that have them, and of the others.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Endpoint, Local, of_hub};
use crate::support::{hub::TestHub, reply::Reply};

fn ping(id: impl Into<Value>) -> Value {
    json!({ "jsonrpc": "2.0", "id": id.into(), "method": "ping" })
}

fn ready() -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })
}

fn myself(id: u64) -> Value {
    let params = json!({ "name": "get_myself", "arguments": {} });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
}

async fn send(endpoint: &Endpoint, version: Option<&str>, batch: &Value) -> Reply {
    Reply::to(endpoint.post_at(version).json(batch)).await
}

async fn check(endpoint: &Endpoint) {
    for version in [None, Some("2024-11-05"), Some("2025-03-26")] {
        let batch = json!([ping(1), ready(), myself(2), ping("x"), 7, {"jsonrpc": "2.0", "id": 5}]);
        let reply = send(endpoint, version, &batch).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        assert_eq!(reply.header("content-type"), "application/json");
        let answers = reply.json();
        let answers = answers.as_array().expect("a list");
        let ids: Vec<_> = answers.iter().map(|answer| &answer["id"]).collect();
        assert_eq!(
            ids,
            [&json!(1), &json!(2), &json!("x"), &Value::Null, &json!(5)]
        );
        let text = answers[1]["result"]["content"][0]["text"].as_str();
        assert!(text.expect("a text").contains("\"id\""), "{}", answers[1]);
        for wrong in &answers[3..] {
            assert_eq!(wrong["error"]["code"], -32600, "{wrong}");
        }
        let reply = send(endpoint, version, &json!([ready(), ready()])).await;
        assert_eq!(reply.status, StatusCode::ACCEPTED, "{}", reply.body);
        assert_eq!(reply.body, "");
        let reply = send(endpoint, version, &json!([])).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        assert_eq!(reply.json()["error"]["code"], -32600);
    }
    for version in ["2025-06-18", "2025-11-25", "2026-07-28"] {
        let reply = send(endpoint, Some(version), &json!([ping(1)])).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.body);
        let answer = reply.json();
        assert_eq!(answer["error"]["code"], -32600, "{answer}");
        assert_eq!(answer["id"], Value::Null);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_gets_one_response_in_versions_with_batches() {
    let hub = TestHub::start().await;
    check(&of_hub(&hub).await).await;
    hub.stop().await;
    for streams in [false, true] {
        check(&Local::start(streams).await.endpoint).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_may_not_be_batched_is_rejected_in_its_place() {
    let hub = TestHub::start().await;
    let endpoint = of_hub(&hub).await;
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-03-26", "capabilities": {},
        "clientInfo": { "name": "test", "version": "1" },
    }});
    let listen = json!({ "jsonrpc": "2.0", "id": 2, "method": "subscriptions/listen" });
    let reply = send(&endpoint, None, &json!([hello, listen, ping(3)])).await;
    let answers = reply.json();
    assert_eq!(answers[0]["error"]["code"], -32600, "{answers}");
    assert_eq!(answers[1]["error"]["code"], -32600, "{answers}");
    assert!(answers[2]["result"].is_object(), "{answers}");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_of_bounded_length() {
    let hub = TestHub::start().await;
    let endpoint = of_hub(&hub).await;
    let batch = |length: u64| (0..length).map(ping).collect::<Value>();
    let reply = send(&endpoint, None, &batch(51)).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert!(reply.body.contains("send at most 50"), "{}", reply.body);
    let reply = send(&endpoint, None, &batch(50)).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.json().as_array().map(Vec::len), Some(50));
    hub.stop().await;
}
