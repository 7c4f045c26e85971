//! The confirmation of deletions by the user: at replicas of a hub, and on standard input.

use backlog_sim::{BacklogSim, Matcher, seed};
use serde_json::{Value, json};

use crate::support::{
    hub::{TestHub, sim},
    mcp::{message, request},
    person::{Person, refresh, tokens},
    process::program,
    reply::Reply,
    stdio::StdioClient,
};

const REVISION: &str = "2026-07-28";

/// A call by a client that can ask its user.
fn call(tool: &str, arguments: &Value) -> Value {
    json!({
        "name": tool,
        "arguments": arguments,
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": REVISION,
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}},
        },
    })
}

/// The same call with the consent of the user.
fn accepted(call: &Value, asked: &Value) -> Value {
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    let mut call = call.clone();
    call["requestState"] = asked["requestState"].clone();
    call["inputResponses"] = json!({"confirm": {"action": "accept", "content": {"confirm": true}}});
    call
}

async fn send(base_url: &str, token: &str, call: &Value) -> Value {
    let url = format!("{base_url}/mcp?toolsets=work");
    let sent = request(&url, Some(token))
        .header("MCP-Protocol-Version", REVISION)
        .header("Mcp-Method", "tools/call")
        .header("Mcp-Name", call["name"].as_str().expect("a name"))
        .json(&message("tools/call", call.clone()));
    Reply::to(sent).await.json()
}

fn deletions(sim: &BacklogSim) -> usize {
    sim.control().count(&Matcher::any().method("DELETE"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_good_at_every_replica_and_for_its_own_grant() {
    let hub = TestHub::start().await;
    let (replica, other_url) = hub.replica().await;
    let own = Person::default().sign_in(&hub, seed::HARUKA).await;
    let other = Person::default().sign_in(&hub, seed::HARUKA).await;
    let arguments = json!({"name": "delete_issue", "arguments": {"issueKey": "HARBOR-2"}});
    let call = call("run_tool", &arguments);
    let asked = send(&hub.base_url, &own.access_token, &call).await;
    let accepted = accepted(&call, &asked["result"]);

    // Another grant of the same user is another principal.
    let refused = send(&other_url, &other.access_token, &accepted).await;
    assert_eq!(refused["error"]["code"], -32602, "{refused}");
    assert_eq!(deletions(&hub.sim), 0);

    // The grant stays the same with another access token.
    let (_, refreshed) = refresh(&hub.base_url, &own).await;
    let own = tokens(&own.client_id, &refreshed);
    let deleted = send(&other_url, &own.access_token, &accepted).await;
    assert_ne!(deleted["result"]["isError"], true, "{deleted}");
    assert_eq!(deletions(&hub.sim), 1, "{deleted}");
    replica.stop().await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_standard_input_the_key_is_that_of_the_process() {
    let sim = sim().await;
    let key = sim.control().issue_api_key(seed::HARUKA);
    let start = || {
        let mut command = program(&["stdio"]);
        command
            .env("BACKLOG_DOMAIN", sim.url().as_str())
            .env("BACKLOG_API_KEY", &key)
            .env("CONFIRM_DELETES", "true");
        StdioClient::spawn(command)
    };
    let (mut one, mut other) = (start(), start());
    let call = call("delete_issue", &json!({"issueKey": "HARBOR-2"}));
    let asked = one.request("tools/call", call.clone()).await;
    let accepted = accepted(&call, &asked);
    let refused = other.response("tools/call", accepted.clone()).await;
    assert_eq!(refused["error"]["code"], -32602, "{refused}");
    assert_eq!(deletions(&sim), 0);
    let deleted = one.request("tools/call", accepted).await;
    assert_ne!(deleted["isError"], true, "{deleted}");
    assert_eq!(deletions(&sim), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_standard_input_a_deletion_by_name_asks_only_if_the_operator_requires_it() {
    let sim = sim().await;
    let key = sim.control().issue_api_key(seed::HARUKA);
    let start = |confirm: &'static str| {
        let mut command = program(&["stdio"]);
        command
            .env("BACKLOG_DOMAIN", sim.url().as_str())
            .env("BACKLOG_API_KEY", &key)
            .env("CONFIRM_DELETES", confirm);
        StdioClient::start(command)
    };
    let mut usual = start("").await;
    usual
        .json("delete_issue", json!({"issueKey": "HARBOR-2"}))
        .await;
    assert_eq!(deletions(&sim), 1);
    let mut careful = start("true").await;
    let arguments = json!({"issueKey": "HARBOR-3"});
    let (_, asked) = careful.call("delete_issue", arguments).await;
    assert!(asked.contains("confirm: \"HARBOR-3 "), "{asked}");
    assert_eq!(deletions(&sim), 1);
    let (_, confirm) = asked.rsplit_once("confirm: ").expect("a confirmation");
    let confirm = confirm.trim_matches('"');
    let arguments = json!({"issueKey": "HARBOR-3", "confirm": confirm});
    careful.json("delete_issue", arguments).await;
    assert_eq!(deletions(&sim), 2);
}
