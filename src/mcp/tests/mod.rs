//! Tests over all tools, and of the server mounted as the HTTP
//! layer mounts it, in front of a fake Backlog.

mod advice;
mod by_name;
mod calls;
mod changes;
mod concise;
mod custom_fields;
mod declarations;
mod descriptions;
mod docs;
mod every_tool;
mod files;
mod hidden;
mod hints;
mod inputs;
mod inputs_bound;
mod levels;
mod names;
mod options;
mod organizations;
mod outcomes;
mod outcomes_transport;
mod parity;
mod passed_on;
mod progress;
mod prompts;
mod protocol;
mod published;
mod reading_on;
mod record;
mod refusals;
mod resources;
mod rights;
mod structured;
mod token_corpus;
mod work;

use std::sync::Arc;

use actix_web::{
    App, HttpMessage,
    dev::Service,
    http::{StatusCode, header},
    test::{self, TestRequest},
};
use backlog_client::{BacklogClient, ClientOptions, Credentials, fake::FakeBacklog};
use chrono::DateTime;
use foundation::clock::Clock;
use oauth_values::Scopes;
use serde_json::{Value, json};

use super::{server::HubServer, service};
use crate::{
    accounts::access::{BacklogAccess, FixedAccess},
    calls::{
        caller::{Caller, ChallengeSlot},
        policy::Policy,
    },
    toolkit::toolset::Toolset,
};

const HOST: &str = "hub.example.com";

/// The server of this test. Every test has its own thread and runtime.
pub(crate) fn server() -> HubServer {
    thread_local! {
        static SERVER: HubServer = {
            let clock = Clock::from_fn(|| DateTime::from_timestamp(1_000, 0).unwrap());
            let client = BacklogClient::observed(ClientOptions::default(), clock.clone(), None);
            HubServer::new(client.unwrap(), clock)
        };
    }
    SERVER.with(HubServer::clone)
}

fn caller(access: impl BacklogAccess + 'static) -> Caller {
    Caller {
        scopes: Scopes::all(),
        policy: Policy {
            chosen: Some(Toolset::ALL.into()),
            ..Policy::default()
        },
        access: Arc::new(access),
        challenge: ChallengeSlot::default(),
        account_url: None,
        subscriber: None,
    }
}

/// A caller with everything allowed and a token that the fake does not check.
fn caller_of(backlog: &FakeBacklog) -> Caller {
    let token = Credentials::Bearer("t0".into());
    caller(FixedAccess::new(backlog.url.clone(), token))
}

/// A POST of one JSON-RPC message.
fn post(version: &str, message: &Value) -> TestRequest {
    TestRequest::post()
        .uri("/mcp")
        .insert_header((header::HOST, HOST))
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::ACCEPT, "application/json, text/event-stream"))
        .insert_header(("MCP-Protocol-Version", version))
        .set_payload(message.to_string())
}

/// Sends a request through the server; a challenge is returned as the status 418.
async fn exchange(
    server: HubServer,
    caller: Option<&Caller>,
    request: TestRequest,
) -> (u16, Value) {
    let caller = caller.cloned();
    let mcp = service(server, vec![HOST.to_owned()], 4 << 20).scope("/mcp");
    let app = App::new().service(mcp).wrap_fn(move |request, next| {
        let caller = caller.clone();
        if let Some(caller) = &caller {
            request.extensions_mut().insert(caller.clone());
        }
        let pending = next.call(request);
        async move {
            let mut response = pending.await?;
            if caller.is_some_and(|caller| caller.challenge.get().is_some()) {
                response.response_mut().head_mut().status = StatusCode::IM_A_TEAPOT;
            }
            Ok(response)
        }
    });
    let app = test::init_service(app).await;
    let response = test::call_service(&app, request.to_request()).await;
    let status = response.status().as_u16();
    let body = test::read_body(response).await;
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

/// Calls a method as a client of protocol version 2025-06-18.
async fn rpc(caller: &Caller, method: &str, params: Value) -> Value {
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let request = post("2025-06-18", &message);
    let (status, body) = exchange(server(), Some(caller), request).await;
    // The challenge must be set when the response starts, not only when it has ended.
    let refused = caller.challenge.get().is_some();
    assert_eq!(status, if refused { 418 } else { 200 }, "{body}");
    body
}

/// Calls a tool and returns its result.
async fn result(caller: &Caller, tool: &str, arguments: Value) -> Value {
    let params = json!({"name": tool, "arguments": arguments});
    rpc(caller, "tools/call", params).await["result"].take()
}

/// Calls a tool, and returns whether it failed, and the text.
async fn call(caller: &Caller, tool: &str, arguments: Value) -> (bool, String) {
    let result = result(caller, tool, arguments).await;
    let text = result["content"][0]["text"].as_str();
    let text = text.unwrap_or_else(|| panic!("no text in {result}"));
    (result["isError"] == true, text.to_owned())
}

async fn listed(caller: &Caller) -> Vec<String> {
    let body = rpc(caller, "tools/list", json!({})).await;
    let tools = body["result"]["tools"].as_array().unwrap();
    let name = |tool: &Value| tool["name"].as_str().unwrap().to_owned();
    tools.iter().map(name).collect()
}
