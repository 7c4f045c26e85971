//! The form of messages: the `Accept` header, invalid messages, batches, and lines on standard
//! input. The hub and the local server, in both of its modes, get the same messages.

mod accept;
mod batches;
mod lines;
mod methods;
mod wrong;

use backlog_sim::{BacklogSim, seed};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tokio::process::Child;

use crate::support::{
    hub::{TestHub, http, sim},
    person::Person,
    process::{Port, healthy, program},
};

/// Every protocol version that a header names, and none.
const VERSIONS: [Option<&str>; 6] = [
    None,
    Some("2024-11-05"),
    Some("2025-03-26"),
    Some("2025-06-18"),
    Some("2025-11-25"),
    Some("2026-07-28"),
];

/// An MCP endpoint.
struct Endpoint {
    name: &'static str,
    url: String,
    token: Option<String>,
    /// Whether it answers with streams of events to whoever takes them.
    streams: bool,
}

impl Endpoint {
    /// A request without `Accept`.
    fn post(&self) -> RequestBuilder {
        let request = http()
            .post(&self.url)
            .header("content-type", "application/json");
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// The same, of a client that takes everything, of one protocol version.
    fn post_at(&self, version: Option<&str>) -> RequestBuilder {
        let request = self
            .post()
            .header("accept", "application/json, text/event-stream");
        match version {
            Some(version) => request.header("mcp-protocol-version", version),
            None => request,
        }
    }
}

/// A local server on HTTP.
struct Local {
    endpoint: Endpoint,
    sim: BacklogSim,
    _process: Child,
}

impl Local {
    async fn start(streams: bool) -> Self {
        let sim = sim().await;
        let key = sim.control().issue_api_key(seed::DANIEL);
        let port = Port::reserve();
        let process = program(&["serve"])
            .env("BACKLOG_DOMAIN", sim.url().as_str())
            .env("BACKLOG_API_KEY", &key)
            .env("MCP_HTTP_PORT", port.number.to_string())
            .env("MCP_HTTP_AUTH", "none")
            .env("MCP_HTTP_JSON_RESPONSE", (!streams).to_string())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        healthy(&port).await;
        let endpoint = Endpoint {
            name: if streams { "local, events" } else { "local" },
            url: format!("{}/mcp", port.url()),
            token: None,
            streams,
        };
        Self {
            endpoint,
            sim,
            _process: process,
        }
    }
}

async fn of_hub(hub: &TestHub) -> Endpoint {
    let tokens = Person::default().sign_in(hub, seed::DANIEL).await;
    Endpoint {
        name: "hub",
        url: hub.mcp_url(),
        token: Some(tokens.access_token),
        streams: false,
    }
}

/// A message as a client of that version sends it.
fn message_at(version: Option<&str>, method: &str, mut params: Value) -> Value {
    if version == Some("2026-07-28") {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": {},
        });
    }
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}
