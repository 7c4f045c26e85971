//! The local server, for one user with an API key: on standard input and output, or over HTTP.

use std::os::unix::fs::PermissionsExt;

use backlog_sim::{BacklogSim, Credential, seed};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{
    io::AsyncReadExt,
    process::{Child, Command},
};

use crate::support::{
    hub::sim,
    mcp::call_at,
    process::{Port, healthy, program, run},
    reply::Reply,
    site::http,
    stdio::StdioClient,
};

const MYSELF: &str = r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"get_myself","arguments":{}}}"#;

const TOKEN: &str = "a-token-of-the-operator";

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
async fn on_http_it_serves_its_own_computer_and_no_web_page() {
    let sim = sim().await;
    let key = sim.control().issue_api_key(seed::DANIEL);
    let port = Port::reserve();
    let mut command = with_key(program(&["serve"]), &sim, &key);
    command.env("MCP_HTTP_PORT", port.number.to_string());
    command.env("MCP_HTTP_TOKEN", TOKEN);
    let _process = command.spawn().expect("the program starts");
    let url = format!("{}/mcp", port.url());
    let own_origin = format!("http://localhost:{}", port.number);
    let call = |header: Option<(&'static str, &str)>| {
        let request = http()
            .post(&url)
            .bearer_auth(TOKEN)
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
    for header in [
        ("host", "evil.example"),
        ("origin", "https://evil.example"),
        // What another server of this computer offers is another origin.
        ("origin", "http://localhost:6274"),
    ] {
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
    let allowed = call(Some(("origin", &own_origin))).send().await;
    assert_eq!(allowed.expect("sent").status(), StatusCode::OK);
}

/// A local server on HTTP that has just started, and what it prints.
struct Started {
    port: Port,
    process: Child,
    printed: String,
}

impl Started {
    async fn with(mut command: Command) -> Self {
        let port = Port::reserve();
        command.env("MCP_HTTP_PORT", port.number.to_string());
        let mut process = command.spawn().expect("the program starts");
        healthy(&port).await;
        let mut output = process.stdout.take().expect("its output");
        let mut printed = String::new();
        // The last setting ends like this.
        while !printed.contains("VS Code") || !printed.ends_with("}\n") {
            let mut bytes = [0; 1024];
            let length = output.read(&mut bytes).await.expect("its output");
            assert!(length > 0, "{printed}");
            printed.push_str(std::str::from_utf8(&bytes[..length]).expect("text"));
        }
        Self {
            port,
            process,
            printed,
        }
    }

    async fn call(&self, token: Option<&str>) -> Reply {
        let url = format!("{}/mcp", self.port.url());
        call_at(&url, token, "get_myself", json!({})).await
    }

    /// Ends it, and returns what it logged.
    async fn stop(mut self) -> String {
        self.process.start_kill().expect("a signal");
        let output = self.process.wait_with_output().await.expect("an end");
        String::from_utf8(output.stderr).expect("text")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_http_a_token_is_generated_once_and_printed_with_the_settings() {
    let sim = sim().await;
    let key = sim.control().issue_api_key(seed::DANIEL);
    let directory = tempfile::tempdir().expect("a directory");
    let start = async || {
        let mut command = with_key(program(&["serve"]), &sim, &key);
        command.env("DATA_DIR", directory.path());
        Started::with(command).await
    };
    let first = start().await;
    let file = directory.path().join("mcp-http.token");
    let token = std::fs::read_to_string(&file).expect("a token");
    let mode = file.metadata().expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let header = format!("Authorization: Bearer {token}");
    assert!(first.printed.contains(&header), "{}", first.printed);
    assert_eq!(
        first.printed.matches(&token).count(),
        3,
        "{}",
        first.printed
    );

    let before = sim.control().journal().len();
    for wrong in [None, Some("bmh_lt_another-one"), Some(&token[1..])] {
        let refused = first.call(wrong).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert!(refused.body.contains("MCP_HTTP_TOKEN"), "{}", refused.body);
        let challenge = refused.header("www-authenticate");
        assert_eq!(challenge, "Bearer realm=\"MCP_HTTP_TOKEN\"");
        assert!(!format!("{}{challenge}", refused.body).contains("resource_metadata"));
    }
    assert_eq!(sim.control().journal().len(), before, "nothing was asked");
    for path in ["oauth-protected-resource", "oauth-authorization-server"] {
        let url = format!("{}/.well-known/{path}", first.port.url());
        assert_eq!(
            Reply::to(http().get(url)).await.status,
            StatusCode::NOT_FOUND
        );
    }
    let me = first.call(Some(&token)).await;
    assert!(me.body.contains(&seed::DANIEL.to_string()), "{}", me.body);
    let logged = first.stop().await;
    assert!(
        !logged.contains(&token) && logged.contains("mcp-http.token"),
        "{logged}"
    );

    let second = start().await;
    assert!(second.printed.contains(&header), "{}", second.printed);
    assert_eq!(second.call(Some(&token)).await.status, StatusCode::OK);
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_http_the_operator_sets_a_token_or_does_without() {
    let sim = sim().await;
    let key = sim.control().issue_api_key(seed::DANIEL);
    let start = async |setting: (&str, &str)| {
        let mut command = with_key(program(&["serve"]), &sim, &key);
        command.env(setting.0, setting.1);
        Started::with(command).await
    };
    let set = start(("MCP_HTTP_TOKEN", TOKEN)).await;
    assert_eq!(set.call(None).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(set.call(Some(TOKEN)).await.status, StatusCode::OK);
    assert!(
        set.printed.contains("Bearer <MCP_HTTP_TOKEN>"),
        "{}",
        set.printed
    );
    let printed = set.printed.clone();
    let said = printed + &set.stop().await;
    assert!(!said.contains(TOKEN), "{said}");

    let open = start(("MCP_HTTP_AUTH", "none")).await;
    assert_eq!(open.call(None).await.status, StatusCode::OK);
    assert!(!open.printed.contains("Authorization"), "{}", open.printed);
    let logged = open.stop().await;
    assert!(logged.contains("MCP_HTTP_AUTH is none"), "{logged}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_backlog_rejects_is_reported_and_not_shown() {
    let sim = sim().await;
    let command = with_key(program(&["stdio"]), &sim, "a-wrong-key");
    let mut client = StdioClient::start(command).await;
    let (failed, text) = client.call("get_myself", json!({})).await;
    assert!(failed && text.contains("API key"), "{text}");
    let (_, said) = client.hang_up().await;
    assert!(!format!("{text}{said}").contains("a-wrong-key"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_values_are_named() {
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
        (
            vec!["serve", "--http-host", "0.0.0.0"],
            vec![
                ("BACKLOG_DOMAIN", "acme.backlog.com"),
                ("BACKLOG_API_KEY", "the-key-itself"),
                ("MCP_HTTP_ALLOWED_HOSTS", "mcp.example.com"),
                ("MCP_HTTP_AUTH", "none"),
            ],
            "MCP_HTTP_AUTH",
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
async fn contradictory_settings_prevent_the_start() {
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
            "--prefix must come after the command",
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
