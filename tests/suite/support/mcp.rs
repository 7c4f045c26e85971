//! Requests to an MCP endpoint, as clients of different revisions send them.

use std::collections::HashMap;

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::{
    hub::{TestHub, http},
    reply::Reply,
};

/// A request with the headers that every client sends.
pub(crate) fn request(url: &str, token: Option<&str>) -> RequestBuilder {
    let request = http()
        .post(url)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a caller writes it with `json!`"
)]
pub(crate) fn message(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

/// Calls a tool at an endpoint.
pub(crate) async fn call_at(url: &str, token: Option<&str>, tool: &str, arguments: Value) -> Reply {
    let params = json!({ "name": tool, "arguments": arguments });
    Reply::to(request(url, token).json(&message("tools/call", params))).await
}

/// Calls a tool at the hub's own endpoint.
pub(crate) async fn call(
    hub: &TestHub,
    token: Option<&str>,
    tool: &str,
    arguments: Value,
) -> Reply {
    call_at(&hub.mcp_url(), token, tool, arguments).await
}

pub(crate) async fn list_tools(hub: &TestHub, token: &str) -> Vec<Value> {
    let list = message("tools/list", json!({}));
    let reply = Reply::to(request(&hub.mcp_url(), Some(token)).json(&list)).await;
    let body = reply.json();
    let tools = body["result"]["tools"].as_array();
    tools
        .unwrap_or_else(|| panic!("no tools in {body}"))
        .clone()
}

/// The text of a tool that failed.
pub(crate) fn failure(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.body);
    let body = reply.json();
    assert_eq!(body["result"]["isError"], true, "{body}");
    let text = body["result"]["content"][0]["text"].as_str();
    text.expect("a text").to_owned()
}

/// The parameters of the one challenge (RFC 6750 §3), which is of the scheme `Bearer`
/// (rule 7) and leads to the metadata.
pub(crate) fn challenge(reply: &Reply) -> HashMap<String, String> {
    let header = reply.header("www-authenticate");
    let params = header
        .strip_prefix("Bearer ")
        .unwrap_or_else(|| panic!("not Bearer first: {header}"));
    let pattern = regex::Regex::new(r#"([a-z_]+)="([^"]*)"(?:, |$)"#).expect("a pattern");
    let mut found = HashMap::new();
    let mut end = 0;
    for param in pattern.captures_iter(params) {
        let whole = param.get(0).expect("a match");
        assert_eq!(whole.start(), end, "{header}");
        end = whole.end();
        let repeated = found.insert(param[1].to_owned(), param[2].to_owned());
        assert!(repeated.is_none(), "{header}");
    }
    assert_eq!(end, params.len(), "{header}");
    assert!(found.contains_key("resource_metadata"), "{header}");
    found
}
