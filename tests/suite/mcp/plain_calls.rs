//! A plain `tools/call` is served without the protocol's library, and its response has the same
//! bytes. The calls of the other tests are plain as well, those that are rejected with a challenge
//! among them.

use backlog_sim::seed;

use crate::support::{
    hub::{TestHub, http},
    person::Person,
    reply::Reply,
};

const PLAIN: &str = "application/json";
/// With a parameter, the request is not taken for a plain one.
const OTHER: &str = "application/json; charset=utf-8";
/// What admits JSON.
const ACCEPTS: [&str; 3] = [
    "application/json, text/event-stream",
    "*/*",
    "application/json",
];

async fn send(
    hub: &TestHub,
    token: &str,
    content_type: &str,
    (revision, accept): (Option<&str>, &str),
    body: &str,
) -> Reply {
    let mut request = http()
        .post(hub.mcp_url())
        .bearer_auth(token)
        .header("content-type", content_type)
        .header("accept", accept)
        .body(body.to_owned());
    if let Some(revision) = revision {
        request = request.header("mcp-protocol-version", revision);
    }
    Reply::to(request).await
}

/// The same body to both; whether ours came in one piece.
async fn compare(hub: &TestHub, token: &str, client: (Option<&str>, &str), body: &str) -> bool {
    let ours = send(hub, token, PLAIN, client, body).await;
    let theirs = send(hub, token, OTHER, client, body).await;
    let what = format!("{client:?} {body}");
    assert_eq!(ours.status, theirs.status, "{what}");
    assert_eq!(ours.body, theirs.body, "{what}");
    let header = |reply: &Reply, name: &str| reply.headers.get(name).cloned();
    for name in ["content-type", "www-authenticate"] {
        assert_eq!(header(&ours, name), header(&theirs, name), "{what}");
    }
    // One body at a time says its length; what is written as it comes does not.
    let whole = |reply: &Reply| reply.headers.contains_key("content-length");
    whole(&ours) && !whole(&theirs)
}

fn body(call: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{call}}}"#)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_call_gets_the_same_bytes_as_any_other() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let plain = [
        r#"{"name":"get_issue","arguments":{"issueKey":"HARBOR-1"}}"#,
        r#"{"name":"get_issue","arguments":{"issueKey":"HARBOR-1"},"_meta":{"claudecode/toolUseId":"x"}}"#,
        r#"{"name":"get_issue","arguments":{"issueKey":"HARBOR-1","issueKey":"HARBOR-2"}}"#,
        r#"{"name":"get_issue","arguments":{"issueKey":"NOSUCH-1"}}"#,
        r#"{"name":"get_issue","arguments":{"issueKey":17}}"#,
        r#"{"name":"get_issue","arguments":{}}"#,
        r#"{"name":"get_issue"}"#,
        r#"{"name":"get_issues","arguments":{"projectId":["HARBOR"],"count":3}}"#,
        r#"{"name":"get_issues","arguments":{"projectId":["NOSUCH"]}}"#,
        r#"{"name":"get_priorities","arguments":{}}"#,
        r#"{"name":"get_myself"}"#,
        r#"{"name":"count_issues","arguments":{"projectId":["HARBOR"]}}"#,
        r#"{"name":"get_project_list","arguments":{"archived":false}}"#,
        r#"{"name":"get_wiki","arguments":{"wikiId":"0x12"}}"#,
        r#"{"name":"get_priorities","_meta":{"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}"#,
        r#"{"name":"get_priorities","_meta":{"traceparent":7,"tracestate":"a=b","baggage":"c=d"}}"#,
    ];
    let not_plain = [
        r#"{"name":"no_such_tool","arguments":{}}"#,
        r#"{"name":"get_issue","arguments":null}"#,
        r#"{"name":"get_issue","arguments":[]}"#,
        r#"{"name":"get_issue","arguments":{"issueKey":"HARBOR-1\ud83d"}}"#,
        r#"{"arguments":{}}"#,
        "[]",
        r#"["get_priorities",{}]"#,
        r#"{"name":"get_priorities","task":{}}"#,
        r#"{"name":"get_priorities","_meta":null}"#,
        r#"{"name":"get_priorities","_meta":{"progressToken":1}}"#,
        r#"{"name":"get_priorities","_meta":{"io.modelcontextprotocol/protocolVersion":"2025-11-25"}}"#,
    ];
    let token = &tokens.access_token;
    for revision in [
        None,
        Some("2024-11-05"),
        Some("2025-03-26"),
        Some("2025-06-18"),
        Some("2025-11-25"),
    ] {
        let client = (revision, ACCEPTS[0]);
        for call in plain {
            assert!(compare(&hub, token, client, &body(call)).await, "{call}");
        }
        for call in not_plain {
            assert!(!compare(&hub, token, client, &body(call)).await, "{call}");
        }
    }
    for accept in ACCEPTS {
        assert!(
            compare(&hub, token, (None, accept), &body(plain[0])).await,
            "{accept}"
        );
    }
    hub.stop().await;
}
