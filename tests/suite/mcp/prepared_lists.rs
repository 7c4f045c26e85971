//! A plain `tools/list` is served from bytes that are built once, and its response is the same.

use backlog_sim::seed;
use serde_json::{Value, json};

use crate::support::{
    hub::{TestHub, eventually, http},
    mcp::list_tools,
    person::Person,
    reply::Reply,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_prepared_response_has_the_same_bytes_as_a_fresh_one() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    // With a parameter of its type, the request is not taken for a plain one.
    let send = async |content_type: &str, revision: Option<&str>, query: &str, body: &str| {
        let mut request = http()
            .post(format!("{}{query}", hub.mcp_url()))
            .bearer_auth(&tokens.access_token)
            .header("content-type", content_type)
            .header("accept", "application/json, text/event-stream")
            .body(body.to_owned());
        if let Some(revision) = revision {
            request = request.header("mcp-protocol-version", revision);
        }
        Reply::to(request).await
    };
    let plain = "application/json";
    let other = "application/json; charset=utf-8";
    let (mut prepared, mut lists) = (0, 0);
    for revision in [
        None,
        Some("2025-03-26"),
        Some("2025-06-18"),
        Some("2025-11-25"),
    ] {
        for query in ["", "?readonly=true", "?toolsets=wiki,git", "?toolsets=wiki"] {
            for body in [
                r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#,
                r#"{"method":"tools/list","params":{},"jsonrpc":"2.0","id":"a\"b\u3042"}"#,
                r#"{"jsonrpc":"2.0","id":-7,"method":"tools/list","params":{"cursor":"x"}}"#,
                r#"{"jsonrpc":"2.0","id":0,"method":"tools/list","params":{"_meta":{}}}"#,
                r#"{"jsonrpc":"2.0","id":1.5,"method":"tools/list"}"#,
                r#"{"jsonrpc":"2.0","id":9223372036854775808,"method":"tools/list"}"#,
                r#"{"jsonrpc":"2.0","id":null,"method":"tools/list"}"#,
                r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/list"}"#,
                r#"{"jsonrpc":"1.0","id":1,"method":"tools/list"}"#,
                r#"{"jsonrpc":"2.0","method":"tools/list"}"#,
                r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#,
                "[]",
                "{",
            ] {
                let ours = send(plain, revision, query, body).await;
                let theirs = send(other, revision, query, body).await;
                let what = format!("{revision:?} {query} {body}");
                assert_eq!(ours.status, theirs.status, "{what}");
                assert_eq!(ours.body, theirs.body, "{what}");
                let kind = |reply: &Reply| reply.headers.get("content-type").cloned();
                assert_eq!(kind(&ours), kind(&theirs), "{what}");
                // One body at a time says its length; what is written as it comes does not.
                let whole = |reply: &Reply| reply.headers.contains_key("content-length");
                prepared += usize::from(whole(&ours) && !whole(&theirs));
                lists += usize::from(ours.body.contains("inputSchema"));
            }
        }
    }
    assert_eq!(prepared, 48, "three bodies of each kind are plain");
    assert!(lists > prepared, "{lists}");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prepared_list_is_not_used_for_a_user_with_fewer_rights() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let names = async || -> Vec<Value> {
        let tools = list_tools(&hub, &tokens.access_token).await;
        tools.into_iter().map(|tool| tool["name"].clone()).collect()
    };
    let everything = names().await;
    assert!(everything.contains(&json!("create_issues")));
    hub.sql("UPDATE hub.spaces SET read_only = true").await;
    eventually("the list is shorter", async || {
        names().await.len() < everything.len()
    })
    .await;
    assert!(!names().await.contains(&json!("create_issues")));
    hub.sql("UPDATE hub.spaces SET read_only = false").await;
    eventually("the list is as before", async || {
        names().await == everything
    })
    .await;
    hub.stop().await;
}
