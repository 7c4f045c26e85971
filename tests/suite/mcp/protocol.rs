//! The MCP protocol for authenticated clients: its versions as clients use them, and the errors for
//! invalid messages.

use std::collections::HashSet;

use backlog_sim::{Matcher, seed};
use reqwest::{Method, StatusCode, header::HOST};
use serde_json::{Value, json};

use crate::support::{
    hub::{TestHub, http},
    mcp::{self, call_at, message, request},
    person::Person,
    reply::Reply,
};

#[tokio::test(flavor = "multi_thread")]
async fn every_revision_with_an_initialize_is_spoken() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let url = hub.mcp_url();
    let token = Some(tokens.access_token.as_str());
    for revision in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let hello = message(
            "initialize",
            json!({
                "protocolVersion": revision,
                "capabilities": {},
                "clientInfo": { "name": "test", "version": "1" },
            }),
        );
        let reply = Reply::to(request(&url, token).json(&hello)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let result = reply.json()["result"].clone();
        assert_eq!(result["protocolVersion"], revision);
        assert_eq!(result["serverInfo"]["name"], "backlog-mcp-hub");
        // No session: any replica may answer what comes next.
        assert!(!reply.headers.contains_key("mcp-session-id"));

        let versioned = || request(&url, token).header("MCP-Protocol-Version", revision);
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        let reply = Reply::to(versioned().json(&ready)).await;
        assert_eq!(reply.status, StatusCode::ACCEPTED, "{}", reply.body);
        let call = json!({ "name": "get_myself", "arguments": {} });
        for (method, params) in [
            ("ping", json!({})),
            ("tools/list", json!({})),
            ("tools/call", call),
        ] {
            let reply = Reply::to(versioned().json(&message(method, params))).await;
            assert_eq!(reply.status, StatusCode::OK, "{method}: {}", reply.body);
            assert_eq!(reply.header("content-type"), "application/json");
            assert!(
                reply.json()["result"].is_object(),
                "{method}: {}",
                reply.body
            );
        }
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_revision_without_a_handshake_is_spoken() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let revision = "2026-07-28";
    let send = async |method: &str, name: Option<&str>, mut params: Value| {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": revision,
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let mut sent = request(&hub.mcp_url(), Some(&tokens.access_token))
            .header("MCP-Protocol-Version", revision)
            .header("Mcp-Method", method);
        if let Some(name) = name {
            sent = sent.header("Mcp-Name", name);
        }
        let reply = Reply::to(sent.json(&message(method, params))).await;
        assert_eq!(reply.status, StatusCode::OK, "{method}: {}", reply.body);
        reply.json()["result"].clone()
    };
    let discovered = send("server/discover", None, json!({})).await;
    let versions: HashSet<&str> = discovered["supportedVersions"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    for version in [
        "2024-11-05",
        "2025-03-26",
        "2025-06-18",
        "2025-11-25",
        revision,
    ] {
        assert!(versions.contains(version), "{discovered}");
    }
    let listed = send("tools/list", None, json!({})).await;
    assert!(!listed["tools"].as_array().unwrap().is_empty());
    let params = json!({ "name": "get_myself", "arguments": {} });
    let called = send("tools/call", Some("get_myself"), params).await;
    let text = called["content"][0]["text"].as_str().expect("a text");
    assert!(text.contains(&seed::DANIEL.to_string()));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_call_returns_the_reason() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let token = Some(tokens.access_token.as_str());
    hub.sim.control().clear_journal();

    for (toolsets, wrong, nearest) in [
        ("work", "create_issue", "create_issues"),
        ("work", "find_issue", "find_issues"),
        ("classic", "create_issue", "add_issue"),
        ("classic", "search_issues", "get_issues"),
        ("classic", "GetIssue", "get_issue"),
    ] {
        let url = format!("{}?toolsets={toolsets}", hub.mcp_url());
        let unknown = mcp::call_at(&url, token, wrong, json!({})).await;
        assert_eq!(unknown.status, StatusCode::OK);
        let error = &unknown.json()["error"];
        assert_eq!(error["code"], -32602, "{error}");
        let message = error["message"].as_str().expect("a message");
        let known = message.strip_prefix(&format!(
            "Unknown tool: {wrong}; the nearest available tools: "
        ));
        let known = known.unwrap_or_else(|| panic!("{message}"));
        assert!(known.split(", ").any(|tool| tool == nearest), "{message}");
    }
    let unlike = mcp::call(&hub, token, "frobnicate", json!({})).await;
    assert_eq!(
        unlike.json()["error"]["message"],
        "Unknown tool: frobnicate; no available tool has a similar name: see tools/list"
    );
    for (tool, arguments, names) in [
        (
            "get_issues",
            json!({ "parentIssueId": ["abc"] }),
            "parentIssueId[0]",
        ),
        ("get_issues", json!({ "count": "many" }), "count"),
        ("get_issue", json!({ "issueKey": true }), "issueKey"),
        ("get_issue", json!({}), "key is required"),
        ("get_issue", json!({ "issueKey": ".." }), "issueKey"),
        ("add_issue", json!({ "projectId": 1 }), "is required"),
        (
            "add_issue_comment",
            json!({ "issueKey": "HARBOR-1", "content": { "text": 5 } }),
            "content",
        ),
    ] {
        let reply = mcp::call(&hub, token, tool, arguments.clone()).await;
        let text = mcp::failure(&reply);
        assert!(text.contains(names), "{tool} {arguments}: {text}");
    }
    assert_eq!(
        hub.sim.control().count(&Matcher::any()),
        0,
        "Backlog was spared"
    );
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_no_mcp_message_is_refused_in_its_own_way() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let url = hub.mcp_url();
    let post = || request(&url, Some(&tokens.access_token));
    // The first use is noted, once; from then on nothing is.
    let good = async || call_at(&url, Some(&tokens.access_token), "get_space", json!({})).await;
    assert_eq!(good().await.status, StatusCode::OK);
    let before = hub.state().await;

    for body in ["", "{", "[]", "7", "{}", "\"text\"", "\u{0}"] {
        let reply = Reply::to(post().body(body)).await;
        assert!(reply.status.is_client_error(), "{body}: {}", reply.status);
    }
    let wrong_type = http()
        .post(&url)
        .bearer_auth(&tokens.access_token)
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "text/plain")
        .body("{}");
    assert_eq!(
        Reply::to(wrong_type).await.status,
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    let unwanted = http()
        .post(&url)
        .bearer_auth(&tokens.access_token)
        .header("accept", "text/html")
        .json(&message("ping", json!({})));
    assert_eq!(Reply::to(unwanted).await.status, StatusCode::NOT_ACCEPTABLE);
    let future = post()
        .header("MCP-Protocol-Version", "1999-01-01")
        .json(&message("tools/list", json!({})));
    assert_eq!(Reply::to(future).await.status, StatusCode::BAD_REQUEST);
    let unknown = Reply::to(post().json(&message("nonsense/method", json!({})))).await;
    assert!(
        unknown.json()["error"]["code"].is_number(),
        "{}",
        unknown.body
    );

    // A body over the limit, said in advance and not.
    let padded = message("ping", json!({ "padding": "x".repeat(4 << 20) })).to_string();
    let large = Reply::to(post().body(padded.clone())).await;
    assert_eq!(
        large.status,
        StatusCode::PAYLOAD_TOO_LARGE,
        "{}",
        large.body
    );
    let pieces: Vec<Result<_, std::io::Error>> = padded
        .as_bytes()
        .chunks(1 << 20)
        .map(|piece| Ok(piece.to_vec()))
        .collect();
    let streamed = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    let large = Reply::to(post().body(streamed)).await;
    assert_eq!(
        large.status,
        StatusCode::PAYLOAD_TOO_LARGE,
        "{}",
        large.body
    );

    for method in [Method::GET, Method::DELETE] {
        let reply = http()
            .request(method.clone(), &url)
            .bearer_auth(&tokens.access_token)
            .header("accept", "text/event-stream");
        let reply = Reply::to(reply).await;
        assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        // Without a token, that is what is said first.
        let reply = Reply::to(http().request(method, &url)).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    }
    for host in ["evil.example", "evil.example:80", "127.0.0.1.evil.example"] {
        let rebound = post()
            .header(HOST, host)
            .json(&message("tools/list", json!({})));
        let reply = Reply::to(rebound).await;
        assert_eq!(reply.status, StatusCode::MISDIRECTED_REQUEST, "{host}");
        assert!(!reply.headers.contains_key("www-authenticate"));
    }
    assert_eq!(hub.state().await, before, "nothing was stored");

    assert_eq!(good().await.status, StatusCode::OK);
    hub.stop().await;
}
