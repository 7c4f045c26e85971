//! The local modes: one person's API key, on standard input and output or on HTTP.

use std::process::Stdio;

use backlog_sim::{BacklogSim, Credential, seed};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::Command,
    time::timeout,
};

use crate::support::{
    hub::sim,
    process::{DEADLINE, Port, program, run},
    site::http,
};

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"#;
const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
const MYSELF: &str = r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"get_myself","arguments":{}}}"#;

fn with_key(mut command: Command, sim: &BacklogSim, key: &str) -> Command {
    command
        .env("BACKLOG_DOMAIN", sim.url().as_str())
        .env("BACKLOG_API_KEY", key)
        .kill_on_drop(true);
    command
}

fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"]
        .as_str()
        .unwrap_or_else(|| panic!("no text in {answer}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_on_standard_input_acts_as_the_keys_user() {
    let sim = sim().await;
    let key = sim.control().issue_api_key(seed::DANIEL);
    let mut process = with_key(program(&["stdio"]), &sim, &key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut input = process.stdin.take().expect("its input");
    let mut output = BufReader::new(process.stdout.take().expect("its output")).lines();
    let mut answer = async |id: u64| loop {
        let line = timeout(DEADLINE, output.next_line()).await;
        let line = line.expect("in time").expect("readable").expect("a line");
        let message: Value = serde_json::from_str(&line).expect("nothing but JSON-RPC");
        if message["id"] == id {
            return message;
        }
    };

    for line in [INITIALIZE, INITIALIZED, MYSELF] {
        input
            .write_all(format!("{line}\n").as_bytes())
            .await
            .expect("written");
    }
    assert_eq!(
        answer(1).await["result"]["serverInfo"]["name"],
        "backlog-mcp-hub"
    );
    let me: Value = serde_json::from_str(text(&answer(2).await)).expect("a user");
    assert_eq!(me["id"], json!(seed::DANIEL));
    let journal = sim.control().journal();
    assert!(
        matches!(journal[0].credential, Credential::ApiKeyHeader(_)),
        "{:?}",
        journal[0].credential
    );

    drop(input);
    let ended = timeout(DEADLINE, process.wait()).await.expect("in time");
    assert!(ended.expect("a status").success(), "the client hung up");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_http_it_answers_its_own_computer_and_no_web_page() {
    let sim = sim().await;
    let key = sim.control().issue_api_key(seed::DANIEL);
    let port = Port::reserve();
    let mut command = with_key(program(&["serve"]), &sim, &key);
    command.env("MCP_HTTP_PORT", port.number.to_string());
    let _process = command.spawn().expect("the program starts");
    let url = format!("{}/mcp", port.url());
    let call = |header: Option<(&'static str, &'static str)>| {
        let request = http()
            .post(&url)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .body(MYSELF);
        match header {
            Some((name, value)) => request.header(name, value),
            None => request,
        }
    };
    let ready = async {
        while http()
            .get(format!("{}/health", port.url()))
            .send()
            .await
            .is_err()
        {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    timeout(DEADLINE, ready).await.expect("ready in time");

    let answer: Value = call(None)
        .send()
        .await
        .expect("sent")
        .json()
        .await
        .expect("JSON");
    let me: Value = serde_json::from_str(text(&answer)).expect("a user");
    assert_eq!(me["id"], json!(seed::DANIEL));

    let before = sim.control().journal().len();
    for header in [("host", "evil.example"), ("origin", "https://evil.example")] {
        let refused = call(Some(header)).send().await.expect("sent");
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{header:?}");
    }
    assert_eq!(
        sim.control().journal().len(),
        before,
        "nothing reached Backlog"
    );
    let allowed = call(Some(("origin", "http://localhost:6274"))).send().await;
    assert_eq!(allowed.expect("sent").status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_backlog_refuses_is_said_and_not_shown() {
    let sim = sim().await;
    let mut process = with_key(program(&["stdio"]), &sim, "a-wrong-key")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut input = process.stdin.take().expect("its input");
    for line in [INITIALIZE, INITIALIZED, MYSELF] {
        let line = format!("{line}\n");
        input.write_all(line.as_bytes()).await.expect("written");
    }
    let mut output = BufReader::new(process.stdout.take().expect("its output")).lines();
    let answer: Value = loop {
        let line = timeout(DEADLINE, output.next_line()).await;
        let line = line.expect("in time").expect("readable").expect("a line");
        let message: Value = serde_json::from_str(&line).expect("JSON-RPC");
        if message["id"] == 2 {
            break message;
        }
    };
    assert_eq!(answer["result"]["isError"], true);
    assert!(text(&answer).contains("API key"), "{answer}");
    assert!(!answer.to_string().contains("a-wrong-key"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_named() {
    for (args, env, expected) in [
        (vec!["stdio"], vec![], "BACKLOG_DOMAIN"),
        (
            vec!["stdio"],
            vec![("BACKLOG_DOMAIN", "acme.backlog.com")],
            "BACKLOG_API_KEY",
        ),
        (
            vec!["serve", "--http-host", "0.0.0.0"],
            vec![
                ("BACKLOG_DOMAIN", "acme.backlog.com"),
                ("BACKLOG_API_KEY", "the-key-itself"),
            ],
            "MCP_HTTP_ALLOWED_HOSTS",
        ),
    ] {
        let mut command = program(&args);
        command.envs(env);
        let output = run(command).await;
        let said = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(expected), "{said}");
        assert!(!said.contains("the-key-itself"), "{said}");
    }
}
