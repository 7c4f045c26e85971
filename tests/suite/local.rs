//! The local modes: one person's API key, on standard input and output or on HTTP.

use backlog_sim::{BacklogSim, Credential, seed};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::{
    hub::sim,
    process::{Port, healthy, program, run},
    site::http,
    stdio::StdioClient,
};

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
    let mut client = StdioClient::start(with_key(program(&["stdio"]), &sim, &key)).await;
    assert_eq!(client.server["serverInfo"]["name"], "backlog-mcp-hub");
    let me = client.json("get_myself", json!({})).await;
    assert_eq!(me["id"], json!(seed::DANIEL));
    let journal = sim.control().journal();
    assert!(
        matches!(journal[0].credential, Credential::ApiKeyHeader(_)),
        "{:?}",
        journal[0].credential
    );
    let (ended, said) = client.hang_up().await;
    assert!(ended.success(), "the client hung up: {said}");
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
    healthy(&port).await;

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
    let compressed = call(Some(("content-encoding", "gzip"))).send().await;
    let refused = compressed.expect("sent");
    assert_eq!(refused.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let allowed = call(Some(("origin", "http://localhost:6274"))).send().await;
    assert_eq!(allowed.expect("sent").status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_backlog_refuses_is_said_and_not_shown() {
    let sim = sim().await;
    let command = with_key(program(&["stdio"]), &sim, "a-wrong-key");
    let mut client = StdioClient::start(command).await;
    let (failed, text) = client.call("get_myself", json!({})).await;
    assert!(failed && text.contains("API key"), "{text}");
    let (_, said) = client.hang_up().await;
    assert!(!format!("{text}{said}").contains("a-wrong-key"), "{said}");
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

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_meant_ends_the_start() {
    const KEY: &str = "the-key-itself";
    let single = [
        ("BACKLOG_DOMAIN", "acme.backlog.com"),
        ("BACKLOG_API_KEY", KEY),
    ];
    let half = [
        ("BACKLOG_ORG_A_API_KEY", KEY),
        ("BACKLOG_ORG_B_DOMAIN", "b.backlog.com"),
    ];
    for (args, env, code, expected) in [
        (
            &[][..],
            &[][..],
            1,
            "BACKLOG_DOMAIN and BACKLOG_API_KEY are not set",
        ),
        (
            &[],
            &half,
            1,
            "BACKLOG_ORG_A_DOMAIN, BACKLOG_ORG_B_API_KEY, BACKLOG_DEFAULT_ORG",
        ),
        (
            &["stdio"],
            &half,
            1,
            "BACKLOG_ORG_A_DOMAIN, BACKLOG_ORG_B_API_KEY, BACKLOG_DEFAULT_ORG",
        ),
        (
            &["serve"],
            &half,
            1,
            "BACKLOG_ORG_A_DOMAIN, BACKLOG_ORG_B_API_KEY, BACKLOG_DEFAULT_ORG",
        ),
        (&["--transport", "sse"], &single, 1, "MCP_TRANSPORT"),
        (
            &["--optimize-response=yes"],
            &single,
            1,
            "OPTIMIZE_RESPONSE",
        ),
        (
            &["--dynamic-toolsets=maybe"],
            &single,
            1,
            "ENABLE_DYNAMIC_TOOLSETS",
        ),
        (
            &["--enable-toolsets", "issue", "wikis"],
            &single,
            1,
            "wikis",
        ),
        (&["--max-tokens", "many"], &single, 1, "MAX_TOKENS"),
        (
            &["--prefix", "x", "stdio"],
            &single,
            2,
            "--prefix belongs after the command",
        ),
        (&["--unknown"], &single, 2, "--unknown"),
    ] {
        let mut command = program(args);
        command.envs(env.iter().copied());
        let output = run(command).await;
        let said = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert!(said.contains(expected), "{args:?}: {said}");
        assert!(!said.contains(KEY), "{said}");
    }
}
