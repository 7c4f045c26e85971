//! The protocol before the first tool call.

use actix_web::http::header::HOST;
use backlog_client::fake::FakeBacklog;
use serde_json::json;

use super::{caller_of, exchange, post, rpc, server};

#[actix_web::test]
async fn initialize_names_the_server() {
    let backlog = FakeBacklog::responding(200, "{}");
    let params = json!({
        "protocolVersion": "2025-06-18", "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    });
    let body = rpc(&caller_of(&backlog), "initialize", params).await;
    let result = &body["result"];
    assert_eq!(result["serverInfo"]["name"], "backlog-mcp-hub");
    assert_eq!(result["protocolVersion"], "2025-06-18");
    // This server never sends notifications of changes.
    let capabilities = json!({"completions": {}, "prompts": {}, "resources": {}, "tools": {}});
    assert_eq!(result["capabilities"], capabilities);
    assert!(result["instructions"].is_string());
}

#[actix_web::test]
async fn the_newest_revision_gets_cache_hints() {
    let backlog = FakeBacklog::responding(200, "{}");
    let caller = caller_of(&backlog);
    for (method, scope) in [
        ("server/discover", "public"),
        ("tools/list", "private"),
        ("prompts/list", "private"),
        ("resources/templates/list", "private"),
    ] {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let params = json!({"_meta": meta});
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let request = post("2026-07-28", &message).insert_header(("Mcp-Method", method));
        let (status, body) = exchange(server(), Some(&caller), request).await;
        assert_eq!(status, 200, "{body}");
        let kept = if method.starts_with("resources") {
            60_000
        } else {
            300_000
        };
        assert_eq!(body["result"]["ttlMs"], kept, "{method}");
        assert_eq!(body["result"]["cacheScope"], scope, "{method}");
    }
}

#[actix_web::test]
async fn hosts_are_checked_and_callers_are_needed() {
    let backlog = FakeBacklog::responding(200, "{}");
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let request = post("2025-06-18", &message).insert_header((HOST, "evil.example"));
    let (status, _) = exchange(server(), Some(&caller_of(&backlog)), request).await;
    assert_eq!(status, 403);
    let (_, body) = exchange(server(), None, post("2025-06-18", &message)).await;
    assert_eq!(body["error"]["code"], -32603, "{body}");
}

#[actix_web::test]
async fn an_unknown_tool_is_a_protocol_error() {
    let backlog = FakeBacklog::responding(200, "{}");
    let params = json!({"name": "drop_table", "arguments": {}});
    let body = rpc(&caller_of(&backlog), "tools/call", params).await;
    assert_eq!(body["error"]["code"], -32602);
    let message = body["error"]["message"].as_str().expect("a message");
    assert!(
        message.starts_with("Unknown tool: drop_table; "),
        "{message}"
    );
}

#[actix_web::test]
async fn a_server_for_one_caller_needs_no_http_layer() {
    let backlog = FakeBacklog::responding(200, "{}");
    let mine = server().for_caller(caller_of(&backlog));
    let params = json!({"name": "get_space", "arguments": {}});
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    let (status, _) = exchange(mine, None, post("2025-06-18", &message)).await;
    assert_eq!(status, 200);
    assert_eq!(backlog.only().line, "GET /api/v2/space");
}
