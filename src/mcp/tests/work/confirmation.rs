//! The confirmation of deletions and of many changes, by the user where the client can ask.

use std::sync::Arc;

use backlog_client::{BacklogClient, ClientOptions};
use backlog_sim::{
    Matcher,
    seed::{DANIEL, HARUKA},
};
use chrono::{DateTime, Utc};
use foundation::{clock::Clock, random::Random};
use oauth_values::{Scope, Scopes};
use sealing::KeyRing;
use serde_json::{Value, json};

use super::{World, exchange, post};
use crate::{
    calls::{caller::Caller, options::ToolOptions},
    mcp::{listing::Listing, server::HubServer},
};

const NOW: &str = "2026-12-02T01:00:00Z";
const NEWEST: &str = "2026-07-28";
const INVALID: i64 = -32602;

fn keys() -> Arc<KeyRing> {
    let random = Random::system();
    let generated = KeyRing::generate("k", &random);
    Arc::new(KeyRing::parse(&generated, random).unwrap())
}

/// A replica at a fixed time.
fn replica(keys: &Arc<KeyRing>, now: &str, options: ToolOptions) -> HubServer {
    let now: DateTime<Utc> = now.parse().unwrap();
    let client = BacklogClient::new(ClientOptions::default()).unwrap();
    HubServer::new(client, Clock::from_fn(move || now))
        .with_options(options)
        .with_keys(Arc::clone(keys))
}

fn confirming() -> ToolOptions {
    ToolOptions {
        confirm_deletes: true,
        ..ToolOptions::default()
    }
}

/// The params of a call by a client of the newest version.
fn params(tool: &str, arguments: &Value, capabilities: &Value) -> Value {
    json!({
        "name": tool,
        "arguments": arguments,
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": NEWEST,
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": capabilities,
        },
    })
}

/// The params of a call by a client that can show a form.
fn asking(tool: &str, arguments: &Value) -> Value {
    params(tool, arguments, &json!({"elicitation": {}}))
}

/// The same call with the decision of the user.
fn decided(call: &Value, asked: &Value, response: &Value) -> Value {
    let mut call = call.clone();
    call["requestState"] = asked["requestState"].clone();
    call["inputResponses"] = json!({ "confirm": response });
    call
}

fn yes() -> Value {
    json!({"action": "accept", "content": {"confirm": true}})
}

/// Sends a call of the newest version, and returns the body of the response.
async fn send(server: &HubServer, caller: &Caller, params: Value) -> Value {
    let tool = params["name"].as_str().unwrap().to_owned();
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    let request = post(NEWEST, &message)
        .insert_header(("Mcp-Method", "tools/call"))
        .insert_header(("Mcp-Name", tool));
    exchange(server.clone(), Some(caller), request).await.1
}

/// The question of a result.
async fn ask(server: &HubServer, caller: &Caller, call: &Value) -> Value {
    let mut body = send(server, caller, call.clone()).await;
    assert_eq!(body["result"]["resultType"], "input_required", "{body}");
    body["result"].take()
}

fn message(asked: &Value) -> &str {
    let request = &asked["inputRequests"]["confirm"];
    assert_eq!(request["method"], "elicitation/create", "{asked}");
    assert_eq!(request["params"]["mode"], "form", "{asked}");
    let schema = &request["params"]["requestedSchema"];
    assert_eq!(
        schema["properties"]["confirm"]["type"], "boolean",
        "{asked}"
    );
    request["params"]["message"].as_str().unwrap()
}

fn text(body: &Value) -> &str {
    let text = body["result"]["content"][0]["text"].as_str();
    text.unwrap_or_else(|| panic!("no text in {body}"))
}

fn deletions(world: &World) -> usize {
    let deletion = Matcher::any().method("DELETE");
    world.sim.control().count(&deletion)
}

fn through_run_tool() -> Value {
    let arguments = json!({"name": "delete_issue", "arguments": {"issueKey": "HARBOR-2"}});
    asking("run_tool", &arguments)
}

#[actix_web::test]
async fn the_user_confirms_a_deletion_at_any_replica() {
    let world = World::start().await;
    let (keys, caller) = (keys(), world.caller(HARUKA));
    let one = replica(&keys, NOW, ToolOptions::default());
    let other = replica(&keys, "2026-12-02T01:04:59Z", ToolOptions::default());
    let call = through_run_tool();
    let asked = ask(&one, &caller, &call).await;
    let question = message(&asked);
    assert!(question.starts_with("Delete HARBOR-2 "), "{question}");
    let state = asked["requestState"].as_str().unwrap();
    assert!(!state.contains("HARBOR"), "{state}");
    assert_eq!(deletions(&world), 0);
    let deleted = send(&other, &caller, decided(&call, &asked, &yes())).await;
    assert!(text(&deleted).contains("HARBOR-2"), "{deleted}");
    assert_eq!(deletions(&world), 1);
}

#[actix_web::test]
async fn a_user_who_does_not_accept_deletes_nothing() {
    let world = World::start().await;
    let (server, caller) = (
        replica(&keys(), NOW, ToolOptions::default()),
        world.caller(HARUKA),
    );
    let call = through_run_tool();
    let asked = ask(&server, &caller, &call).await;
    for (response, expected) in [
        (json!({"action": "decline"}), "the user declined"),
        (json!({"action": "cancel"}), "the user closed the question"),
        (
            json!({"action": "accept", "content": {"confirm": false}}),
            "the user declined",
        ),
    ] {
        let body = send(&server, &caller, decided(&call, &asked, &response)).await;
        assert_eq!(text(&body), format!("Nothing was deleted: {expected}."));
    }
    assert_eq!(deletions(&world), 0);
}

/// Calls with a state that is not of this call, or with no decision.
fn wrong_calls(right: &Value, asked: &Value) -> Vec<(&'static str, Value)> {
    let with = |change: &dyn Fn(&mut Value)| {
        let mut call = right.clone();
        change(&mut call);
        call
    };
    let of_issue = |tool: &str| {
        let call = asking(tool, &json!({"issueKey": "HARBOR-2"}));
        decided(&call, asked, &yes())
    };
    let altered = with(&|call| {
        let state = call["requestState"].as_str().unwrap();
        let (start, last) = state.split_at(state.len() - 8);
        let last: String = last.chars().rev().collect();
        call["requestState"] = format!("{start}{last}x").into();
    });
    let without = with(&|call| {
        call.as_object_mut().unwrap().shift_remove("requestState");
    });
    let another = with(&|call| call["arguments"]["arguments"]["issueKey"] = "HARBOR-3".into());
    vec![
        ("another issue", another),
        ("another tool", of_issue("delete_issue")),
        ("a tool that reads", of_issue("get_issue")),
        ("altered", altered),
        (
            "no state",
            with(&|call| call["requestState"] = "yes".into()),
        ),
        ("without a state", without),
        (
            "an unreadable decision",
            with(&|call| call["inputResponses"]["confirm"] = true.into()),
        ),
    ]
}

#[actix_web::test]
async fn a_state_is_good_for_one_call_of_one_principal_for_five_minutes() {
    let world = World::start().await;
    let (keys, caller) = (keys(), world.caller(HARUKA));
    let server = replica(&keys, NOW, confirming());
    let call = through_run_tool();
    let asked = ask(&server, &caller, &call).await;
    let right = decided(&call, &asked, &yes());
    for (case, call) in wrong_calls(&right, &asked) {
        let body = send(&server, &caller, call).await;
        assert_eq!(body["error"]["code"], INVALID, "{case}: {body}");
    }
    let later = replica(&keys, "2026-12-02T01:05:00Z", confirming());
    let foreign = replica(&self::keys(), NOW, confirming());
    for (case, server, caller) in [
        ("another principal", &server, &world.caller(HARUKA)),
        ("expired", &later, &caller),
        ("a foreign key", &foreign, &caller),
    ] {
        let body = send(server, caller, right.clone()).await;
        assert_eq!(body["error"]["code"], INVALID, "{case}: {body}");
    }
    assert_eq!(deletions(&world), 0);
    send(&server, &caller, right).await;
    assert_eq!(deletions(&world), 1);
}

#[actix_web::test]
async fn a_decision_that_is_missing_is_asked_for_again() {
    let world = World::start().await;
    let (server, caller) = (
        replica(&keys(), NOW, ToolOptions::default()),
        world.caller(HARUKA),
    );
    let call = through_run_tool();
    let asked = ask(&server, &caller, &call).await;
    let mut again = decided(&call, &asked, &yes());
    again["inputResponses"] = json!({"other": yes()});
    let asked = ask(&server, &caller, &again).await;
    assert!(message(&asked).contains("HARBOR-2"));
    assert_eq!(deletions(&world), 0);
}

#[actix_web::test]
async fn a_model_does_not_confirm_in_place_of_a_user_who_can_be_asked() {
    let world = World::start().await;
    let (server, caller) = (
        replica(&keys(), NOW, ToolOptions::default()),
        world.caller(HARUKA),
    );
    let arguments = json!({
        "name": "delete_issue", "arguments": {"issueKey": "HARBOR-2"}, "confirm": "HARBOR-2",
    });
    ask(&server, &caller, &asking("run_tool", &arguments)).await;
    assert_eq!(deletions(&world), 0);
}

/// The text for `confirm` that a preview names.
fn confirm(body: &Value) -> String {
    assert!(text(body).starts_with("Nothing is deleted yet."), "{body}");
    let confirm = body["result"]["structuredContent"]["confirm"].as_str();
    let confirm = confirm.unwrap_or_else(|| panic!("no confirm in {body}"));
    assert!(
        text(body).ends_with(&format!("confirm: {confirm:?}")),
        "{body}"
    );
    confirm.to_owned()
}

#[actix_web::test]
async fn a_client_that_cannot_ask_repeats_the_key_and_a_code() {
    let world = World::start().await;
    let (server, caller) = (
        replica(&keys(), NOW, ToolOptions::default()),
        world.caller(HARUKA),
    );
    let mut arguments = json!({"name": "delete_issue", "arguments": {"issueKey": "HARBOR-2"}});
    let mut given = String::new();
    for capabilities in [json!({}), json!({"elicitation": {"url": {}}})] {
        let call = params("run_tool", &arguments, &capabilities);
        given = confirm(&send(&server, &caller, call).await);
        assert!(
            given.starts_with("HARBOR-2 ") && given.len() == 13,
            "{given}"
        );
    }
    assert_eq!(deletions(&world), 0);
    arguments["confirm"] = given.to_lowercase().into();
    send(&server, &caller, params("run_tool", &arguments, &json!({}))).await;
    assert_eq!(deletions(&world), 1);
}

#[actix_web::test]
async fn a_code_is_good_for_one_call_of_one_principal_for_five_minutes() {
    let world = World::start().await;
    let (keys, caller) = (keys(), world.caller(HARUKA));
    let at = |now: &str| replica(&keys, now, ToolOptions::default());
    let server = at(NOW);
    let call = |key: &str, confirm: &str| {
        let arguments = json!({
            "name": "delete_issue", "arguments": {"issueKey": key}, "confirm": confirm,
        });
        params("run_tool", &arguments, &json!({}))
    };
    let preview = send(&server, &caller, call("HARBOR-2", "")).await;
    let right = confirm(&preview);
    let (_, code) = right.split_once(' ').unwrap();
    let other_key = replica(&self::keys(), NOW, ToolOptions::default());
    for (case, server, caller, call) in [
        // The first call of a client that guesses.
        (
            "the key alone",
            &server,
            &caller,
            call("HARBOR-2", "HARBOR-2"),
        ),
        (
            "a guess",
            &server,
            &caller,
            call("HARBOR-2", "HARBOR-2 0000"),
        ),
        ("another issue", &server, &caller, call("HARBOR-3", &right)),
        (
            "another issue's key",
            &server,
            &caller,
            call("HARBOR-3", &format!("HARBOR-3 {code}")),
        ),
        (
            "another principal",
            &server,
            &world.caller(HARUKA),
            call("HARBOR-2", &right),
        ),
        (
            "expired",
            &at("2026-12-02T01:06:00Z"),
            &caller,
            call("HARBOR-2", &right),
        ),
        (
            "not yet",
            &at("2026-12-02T00:59:00Z"),
            &caller,
            call("HARBOR-2", &right),
        ),
        (
            "a foreign key",
            &other_key,
            &caller,
            call("HARBOR-2", &right),
        ),
    ] {
        let body = send(server, caller, call).await;
        assert!(
            text(&body).contains("was not given for this call"),
            "{case}: {body}"
        );
        confirm(&body);
    }
    assert_eq!(deletions(&world), 0);
    let later = at("2026-12-02T01:05:00Z");
    send(&later, &caller, call("HARBOR-2", &right)).await;
    assert_eq!(deletions(&world), 1);
}

/// Calls a tool as a client of 2025-11-25 that declared elicitation in its handshake.
async fn send_older(server: &HubServer, caller: &Caller, params: Value) -> Value {
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    let request = post("2025-11-25", &message);
    exchange(server.clone(), Some(caller), request).await.1
}

#[actix_web::test]
async fn an_older_client_repeats_the_key_and_its_states_mean_nothing() {
    let world = World::start().await;
    let (server, caller) = (
        replica(&keys(), NOW, ToolOptions::default()),
        world.caller(HARUKA),
    );
    let call = through_run_tool();
    let asked = ask(&server, &caller, &call).await;
    let mut older = decided(&call, &asked, &yes());
    older.as_object_mut().unwrap().shift_remove("_meta");
    let body = send_older(&server, &caller, older).await;
    let given = confirm(&body);
    assert_eq!(deletions(&world), 0);
    let arguments = json!({
        "name": "delete_issue", "arguments": {"issueKey": "HARBOR-2"}, "confirm": given,
    });
    let call = json!({"name": "run_tool", "arguments": arguments});
    send_older(&server, &caller, call).await;
    assert_eq!(deletions(&world), 1);
}

#[actix_web::test]
async fn a_direct_deletion_asks_only_if_the_operator_requires_it() {
    let world = World::start().await;
    let caller = world.caller(HARUKA);
    let call = |key: &str| asking("delete_issue", &json!({ "issueKey": key }));
    let usual = replica(&keys(), NOW, ToolOptions::default());
    send(&usual, &caller, call("HARBOR-2")).await;
    assert_eq!(deletions(&world), 1);

    let server = replica(&keys(), NOW, confirming());
    let asked = ask(&server, &caller, &call("HARBOR-3")).await;
    assert!(message(&asked).contains("HARBOR-3"));
    assert_eq!(deletions(&world), 1);
    send(&server, &caller, decided(&call("HARBOR-3"), &asked, &yes())).await;
    assert_eq!(deletions(&world), 2);

    let older = |confirm: Option<&str>| {
        json!({
            "name": "delete_issue", "arguments": {"issueKey": "HARBOR-5", "confirm": confirm},
        })
    };
    let body = send_older(&server, &caller, older(None)).await;
    let expected = "call delete_issue again with the same arguments and confirm: \"HARBOR-5 ";
    assert!(text(&body).contains(expected), "{body}");
    let given = confirm(&body);
    let body = send_older(&server, &caller, older(Some("HARBOR-6"))).await;
    assert!(text(&body).starts_with("Nothing is deleted yet."), "{body}");
    assert_eq!(deletions(&world), 2);
    let body = send_older(&server, &caller, older(Some(&given))).await;
    assert_ne!(body["result"]["isError"], true, "{body}");
    assert_eq!(deletions(&world), 3);
}

#[actix_web::test]
async fn a_caller_who_may_not_delete_is_not_asked() {
    let world = World::start().await;
    let server = replica(&keys(), NOW, confirming());
    let caller = Caller {
        scopes: Scopes::from_iter([Scope::Read]),
        ..world.caller(HARUKA)
    };
    let direct = asking("delete_issue", &json!({"issueKey": "HARBOR-2"}));
    for call in [through_run_tool(), direct] {
        let body = send(&server, &caller, call).await;
        assert!(text(&body).contains("needs the scope"), "{body}");
    }
    assert_eq!(deletions(&world), 0);
}

/// A call that lowers the priority of 24 issues.
fn many() -> Value {
    let harbor = (1..=18).map(|n| format!("HARBOR-{n}"));
    let issues: Vec<_> = harbor.chain((1..=6).map(|n| format!("OPS-{n}"))).collect();
    asking(
        "change_issues",
        &json!({"issues": issues, "set": {"priority": "low"}}),
    )
}

fn changes(world: &World) -> usize {
    world.sim.control().count(&Matcher::any().method("PATCH"))
}

#[actix_web::test]
async fn more_than_twenty_issues_change_if_the_user_accepts() {
    let world = World::start().await;
    let (server, caller) = (
        replica(&keys(), NOW, ToolOptions::default()),
        world.caller(DANIEL),
    );
    let call = many();
    let asked = ask(&server, &caller, &call).await;
    let question = message(&asked);
    assert!(question.starts_with("Change 2"), "{question}");
    assert!(question.contains("HARBOR-1 "), "{question}");
    assert!(question.contains("priority: High → Low"), "{question}");
    let decline = json!({"action": "decline"});
    let body = send(&server, &caller, decided(&call, &asked, &decline)).await;
    assert_eq!(text(&body), "Nothing was changed: the user declined.");
    assert_eq!(changes(&world), 0);

    // An issue changes meanwhile, so the user has accepted something else.
    world
        .sim
        .control()
        .advance_clock(std::time::Duration::from_secs(5));
    let moved = json!({"issues": "HARBOR-1", "set": {"status": "Resolved"}});
    send(&server, &caller, asking("change_issues", &moved)).await;
    assert_eq!(changes(&world), 1);
    let again = decided(&call, &asked, &yes());
    let asked = ask(&server, &caller, &again).await;
    assert_eq!(changes(&world), 1);
    let body = send(&server, &caller, decided(&call, &asked, &yes())).await;
    assert!(text(&body).starts_with("Changed 2"), "{body}");
    assert!(changes(&world) > 20);
}

/// The model does not decide in place of the user, whatever it passes.
#[actix_web::test]
async fn a_value_of_expect_replaces_no_question() {
    let world = World::start().await;
    let (server, caller) = (
        replica(&keys(), NOW, ToolOptions::default()),
        world.caller(DANIEL),
    );
    let older = json!({"name": "change_issues", "arguments": many()["arguments"]});
    let preview = send_older(&server, &caller, older).await;
    let right = text(&preview).split("expect: ").nth(1).expect("a value");
    let right = right
        .split_whitespace()
        .next()
        .expect("a value")
        .trim_matches('"');
    for expect in ["x", right] {
        let mut call = many();
        call["arguments"]["expect"] = json!(expect);
        let asked = ask(&server, &caller, &call).await;
        assert!(message(&asked).starts_with("Change 2"), "{expect}");
    }
    assert_eq!(changes(&world), 0);
}

#[actix_web::test]
async fn a_client_that_cannot_ask_gets_a_preview_of_many_changes() {
    let world = World::start().await;
    let (server, caller) = (
        replica(&keys(), NOW, ToolOptions::default()),
        world.caller(DANIEL),
    );
    let arguments = &many()["arguments"];
    let newest = send(
        &server,
        &caller,
        params("change_issues", arguments, &json!({})),
    );
    let older = json!({"name": "change_issues", "arguments": arguments});
    let older = send_older(&server, &caller, older);
    for body in [newest.await, older.await] {
        assert!(text(&body).starts_with("Nothing is changed yet."), "{body}");
        assert!(text(&body).contains("expect: "), "{body}");
    }
    assert_eq!(changes(&world), 0);
}

#[actix_web::test]
async fn deletions_offer_the_confirmation_where_the_operator_requires_it() {
    let world = World::start().await;
    let mut caller = world.caller(HARUKA);
    caller.policy.chosen = Some(crate::toolkit::toolset::Toolset::ALL.into());
    for (options, expected) in [(ToolOptions::default(), false), (confirming(), true)] {
        let server = replica(&keys(), NOW, options);
        let listed = server.list_as_json(Listing::Tools, &caller, None).unwrap();
        let listed: Value = serde_json::from_slice(&listed).unwrap();
        let tools = listed["tools"].as_array().unwrap();
        for (tool, takes) in [("delete_issue", expected), ("get_issue", false)] {
            let tool = tools.iter().find(|it| it["name"] == tool).unwrap();
            let confirm = &tool["inputSchema"]["properties"]["confirm"];
            assert_eq!(confirm.is_object(), takes, "{tool}");
        }
    }
}
