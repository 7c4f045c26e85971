//! A request to Backlog ends when its caller cancels it or closes the connection.

use std::process::Stdio;

use backlog_sim::{BacklogSim, Matcher, seed};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    time::timeout,
};

use crate::support::{
    hub::{TestHub, eventually, sim},
    mcp::{message, request},
    person::{Person, call, call_request, result},
    process::{DEADLINE, program},
};

const ISSUES: &str = "/api/v2/issues";

/// The request was being held and is gone, unanswered.
async fn gone(sim: &BacklogSim) {
    eventually("Backlog is rid of the request", async || {
        sim.control().held() == 0
    })
    .await;
    let journal = sim.control().journal();
    let asked: Vec<_> = journal
        .iter()
        .filter(|it| it.path.starts_with(ISSUES))
        .collect();
    assert!(!asked.is_empty());
    assert!(asked.iter().all(|it| it.status.is_none()), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hangs_up_stops_its_request() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let url = hub.mcp_url();
    let host = hub.sim.url().as_str().trim_end_matches('/').to_owned();
    let resource = format!("{}/issues/HARBOR-1", host.replacen("http", "backlog", 1));
    let read = message("resources/read", json!({ "uri": resource }));
    let completion = message(
        "completion/complete",
        json!({
            "ref": { "type": "ref/prompt", "name": "triage" },
            "argument": { "name": "project", "value": "H" },
        }),
    );
    let token = tokens.access_token.as_str();
    for (what, waiting, path) in [
        (
            "a tool",
            call_request(&hub.base_url, token, "get_issues", json!({})),
            ISSUES,
        ),
        ("a resource", request(&url, Some(token)).json(&read), ISSUES),
        (
            "a completion",
            request(&url, Some(token)).json(&completion),
            "/api/v2/projects",
        ),
    ] {
        hub.sim.control().clear_journal();
        hub.sim.control().hold(Matcher::path(path));
        let waiting = tokio::spawn(waiting.send());
        hub.sim.control().wait_for_held(1).await;
        waiting.abort();
        eventually(what, async || hub.sim.control().held() == 0).await;
        let journal = hub.sim.control().journal();
        assert!(
            journal.iter().all(|it| it.status.is_none()),
            "{what}: {journal:?}"
        );
        hub.sim.control().release();
    }

    let (_, me) = call(&hub.base_url, token, "get_myself", json!({})).await;
    assert_eq!(result(&me)["id"], json!(seed::DANIEL));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_standard_input_a_cancelled_request_stops_without_a_response() {
    let sim = sim().await;
    let mut process = program(&["stdio"])
        .env("BACKLOG_DOMAIN", sim.url().as_str())
        .env("BACKLOG_API_KEY", sim.control().issue_api_key(seed::DANIEL))
        .kill_on_drop(true)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut input = process.stdin.take().expect("its input");
    let mut output = BufReader::new(process.stdout.take().expect("its output")).lines();
    let hello = json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": { "name": "test", "version": "1" },
        },
    });
    let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let call = |id: u64, tool: &str| {
        json!({
            "jsonrpc": "2.0", "id": id, "method": "tools/call",
            "params": { "name": tool, "arguments": {} },
        })
    };
    let mut say = async |message: serde_json::Value| {
        let line = format!("{message}\n");
        input.write_all(line.as_bytes()).await.expect("written");
    };
    sim.control().hold(Matcher::path(ISSUES));
    for message in [hello, ready, call(2, "get_issues")] {
        say(message).await;
    }
    timeout(DEADLINE, sim.control().wait_for_held(1))
        .await
        .expect("in time");
    say(json!({
        "jsonrpc": "2.0", "method": "notifications/cancelled",
        "params": { "requestId": 2, "reason": "the person changed their mind" },
    }))
    .await;
    gone(&sim).await;

    say(call(3, "get_myself")).await;
    let mut answered = Vec::new();
    while !answered.contains(&json!(3)) {
        let line = timeout(DEADLINE, output.next_line())
            .await
            .expect("in time");
        let line = line.expect("readable").expect("a line");
        let message: serde_json::Value = serde_json::from_str(&line).expect("JSON-RPC");
        answered.push(message["id"].clone());
    }
    assert_eq!(
        answered,
        [json!(1), json!(3)],
        "the cancelled one has no answer"
    );
}
