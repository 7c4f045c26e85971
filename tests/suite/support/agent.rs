//! An assistant at the tools, without HTTP and sign-in between: it calls, and counts.

use std::sync::Arc;

use actix_web::{
    App, HttpMessage,
    dev::Service,
    http::header,
    test::{self, TestRequest},
};
use backlog_client::{BacklogClient, BacklogUrl, ClientOptions, Credentials};
use backlog_mcp_hub::{
    accounts::access::FixedAccess,
    calls::{
        caller::{Caller, ChallengeSlot},
        policy::Policy,
    },
    mcp::{server::HubServer, service},
};
use backlog_sim::{BacklogSim, Id};
use foundation::clock::Clock;
use oauth_values::Scopes;
use serde_json::{Value, json};

/// A server for agents; clones are one server.
pub(crate) fn server() -> HubServer {
    let client = BacklogClient::new(ClientOptions::default()).expect("a client");
    HubServer::new(client, Clock::system())
}

/// One user of a Backlog, with a key that stays.
pub(crate) struct Agent {
    server: HubServer,
    caller: Caller,
}

/// What a tool answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub failed: bool,
    pub texts: Vec<String>,
}

impl Answer {
    /// The result, of a call that worked.
    pub(crate) fn json(&self) -> Value {
        assert!(!self.failed, "{:?}", self.texts);
        serde_json::from_str(&self.texts[0]).expect("JSON")
    }

    /// What went wrong.
    pub(crate) fn error(&self) -> &str {
        assert!(self.failed, "{:?}", self.texts);
        &self.texts[0]
    }
}

impl Agent {
    pub(crate) fn new(server: &HubServer, sim: &BacklogSim, user: Id) -> Self {
        let url = BacklogUrl::parse(sim.url().as_str()).expect("a Backlog URL");
        let key = Credentials::ApiKey(sim.control().issue_api_key(user).into());
        Self {
            server: server.clone(),
            caller: Caller {
                scopes: Scopes::all(),
                policy: Policy::default(),
                access: Arc::new(FixedAccess::new(url, key)),
                challenge: ChallengeSlot::default(),
                account_url: None,
                subscriber: None,
            },
        }
    }

    /// The same, with what another policy allows.
    pub(crate) fn within(mut self, policy: Policy) -> Self {
        self.caller.policy = policy;
        self
    }

    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Answer {
        let params = json!({"name": tool, "arguments": arguments});
        let result = self.rpc("tools/call", params).await;
        let content = result["content"].as_array();
        let content = content.unwrap_or_else(|| panic!("{tool}: {result}"));
        Answer {
            failed: result["isError"] == true,
            texts: content
                .iter()
                .filter_map(|block| block["text"].as_str().map(str::to_owned))
                .collect(),
        }
    }

    /// What `tools/list` says.
    pub(crate) async fn tools(&self) -> Vec<Value> {
        let list = self.rpc("tools/list", json!({})).await;
        list["tools"].as_array().expect("tools").clone()
    }

    /// The result of one JSON-RPC request.
    pub(crate) async fn rpc(&self, method: &str, params: Value) -> Value {
        let caller = self.caller.clone();
        let mcp = service(self.server.clone(), vec!["hub.test".to_owned()], 4 << 20);
        let app = App::new()
            .service(mcp.scope("/mcp"))
            .wrap_fn(move |request, next| {
                request.extensions_mut().insert(caller.clone());
                next.call(request)
            });
        let app = test::init_service(app).await;
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let request = TestRequest::post()
            .uri("/mcp")
            .insert_header((header::HOST, "hub.test"))
            .insert_header((header::ACCEPT, "application/json, text/event-stream"))
            .insert_header(("MCP-Protocol-Version", "2025-11-25"))
            .set_json(message);
        let mut body: Value = test::call_and_read_body_json(&app, request.to_request()).await;
        assert_eq!(body["error"], Value::Null, "{method}");
        body["result"].take()
    }
}
