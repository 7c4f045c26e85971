//! The assistants on the command line, unmodified: Claude Code, Codex and Gemini CLI. None of
//! them has an account of its maker here, so none of them talks to a model.

use std::{fs, process::Stdio};

use backlog_sim::seed;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout},
    time::timeout,
};

use crate::support::{
    assistant::Assistant,
    browser::Browser,
    certificate::certified,
    document_host::{Document, DocumentHost},
    person::{Person, result},
    process::{DEADLINE, Deployment, Process},
};

const DOCUMENT: &str = "/oauth/claude-code-client-metadata";

/// What claude.ai serves at [`DOCUMENT`], for another address.
fn document(client_id: &str) -> Value {
    json!({
        "client_id": client_id,
        "client_name": "Claude Code",
        "client_uri": "https://claude.ai",
        "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    })
}

/// Left out: its metadata document comes from this machine, by its own setting, as claude.ai
/// cannot be reached; and a conversation, which needs an account.
#[tokio::test(flavor = "multi_thread")]
async fn claude_code_signs_in_by_its_document_and_stays_connected() {
    const USED: &str = "refresh_tokens WHERE consumed_at IS NOT NULL";

    let (tls, root) = certified("127.0.0.1");
    let host = DocumentHost::open_over_tls(tls).await;
    let client_id = host.url(DOCUMENT);
    host.set(DOCUMENT, Document::json(&document(&client_id)));
    let deployment = Deployment::new().await;
    let claude = Assistant::claude_code().with("MCP_OAUTH_CLIENT_METADATA_URL", &client_id);
    let roots = claude.home().join("roots.pem");
    fs::write(&roots, root).expect("a file");
    let start = async || {
        let mut command = deployment.command();
        command.env("SSL_CERT_FILE", &roots);
        Process::start(command, deployment.site.base_url.clone()).await
    };
    let hub = start().await;

    let url = deployment.site.mcp_url();
    let add = ["mcp", "add", "--transport", "http", "backlog", &url];
    claude.run(&add).await;
    let list = claude.run(&["mcp", "list"]).await;
    assert!(list.contains("Needs authentication"), "{list}");

    let browser = Browser::open("en").await;
    let login = ["mcp", "login", "backlog"];
    let said = claude.sign_in(&login, &browser, seed::DANIEL).await;
    assert!(said.contains("Authenticated with \"backlog\""), "{said}");
    assert_eq!(host.fetches(DOCUMENT), 1);
    let daniels = format!("grants WHERE backlog_user_id = {}", seed::DANIEL);
    assert_eq!(deployment.count(&daniels).await, 1);
    let list = claude.run(&["mcp", "list"]).await;
    assert!(list.contains("✔ Connected"), "{list}");

    // The hub comes back, and the access token is no longer good.
    deployment.expire_access_tokens().await;
    hub.kill().await;
    let _hub = start().await;
    let list = claude.run(&["mcp", "list"]).await;
    assert!(list.contains("✔ Connected"), "{list}");
    assert_eq!(deployment.count(USED).await, 1);
    assert_eq!(deployment.count("grants").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn codex_signs_in_and_calls_a_tool() {
    codex_works_with(|_| String::new(), 1).await;
}

/// Codex then names the resource twice: once by itself, and once by its setting.
#[tokio::test(flavor = "multi_thread")]
async fn codex_signs_in_with_a_configured_resource() {
    codex_works_with(|url| format!("oauth_resource = \"{url}\"\n"), 2).await;
}

/// Left out: its metadata document at chatgpt.com, which has no setting, so it registers; and a
/// conversation, which needs an account. Its server for editors calls the tool.
async fn codex_works_with(setting: impl Fn(&str) -> String, resources: usize) {
    let deployment = Deployment::new().await;
    let _hub = deployment.start().await;
    let url = deployment.site.mcp_url();
    let codex = Assistant::codex();
    let settings = format!(
        "mcp_oauth_credentials_store = \"file\"\n\
         check_for_update_on_startup = false\n\
         [analytics]\nenabled = false\n\
         [mcp_servers.backlog]\nurl = \"{url}\"\n{}",
        setting(&url)
    );
    fs::write(codex.home().join(".codex/config.toml"), settings).expect("a file");
    let list = codex.run(&["mcp", "list"]).await;
    assert!(list.contains("Not logged in"), "{list}");

    let browser = Browser::open("en").await;
    let login = [
        "mcp",
        "login",
        "backlog",
        "--oauth-client-registration",
        "dcr",
    ];
    let said = codex.sign_in(&login, &browser, seed::DANIEL).await;
    assert!(said.contains("Successfully logged in"), "{said}");
    let opened = fs::read_to_string(codex.home().join("opened-urls")).expect("the URL");
    assert_eq!(opened.matches("&resource=").count(), resources, "{opened}");

    let mut server = AppServer::start(&codex).await;
    let servers = server.ask("mcpServerStatus/list", json!({})).await;
    let backlog = &servers["data"][0];
    assert_eq!(backlog["name"], "backlog");
    assert_eq!(backlog["authStatus"], "oAuth");
    let tools = backlog["tools"].as_object().expect("tools");
    assert!(tools.contains_key("find_issues"), "{tools:?}");
    let thread = server.ask("thread/start", json!({})).await;
    let call = json!({
        "threadId": thread["thread"]["id"],
        "server": "backlog",
        "tool": "run_tool",
        "arguments": {"name": "get_myself", "arguments": {}},
    });
    let called = server.ask("mcpServer/tool/call", call).await;
    let me = result(&json!({ "result": called }));
    assert_eq!(me["id"], json!(seed::DANIEL));
}

/// What editors start Codex as.
struct AppServer {
    _process: Child,
    requests: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    last_id: u64,
}

impl AppServer {
    async fn start(codex: &Assistant) -> Self {
        let mut process = codex
            .command(&["app-server"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Codex starts");
        let mut server = Self {
            requests: process.stdin.take().expect("a pipe"),
            answers: BufReader::new(process.stdout.take().expect("a pipe")).lines(),
            _process: process,
            last_id: 0,
        };
        let client = json!({ "clientInfo": { "name": "editor", "version": "1" } });
        server.ask("initialize", client).await;
        server
    }

    /// The result of a request; events that come before it are skipped.
    async fn ask(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let request = json!({ "id": self.last_id, "method": method, "params": params });
        let line = format!("{request}\n");
        let sent = self.requests.write_all(line.as_bytes()).await;
        sent.expect("Codex reads");
        loop {
            let line = timeout(DEADLINE, self.answers.next_line())
                .await
                .expect("an answer in time")
                .expect("text")
                .expect("Codex has ended");
            let mut message: Value = serde_json::from_str(&line).expect("JSON");
            if message["id"] == self.last_id && message.get("method").is_none() {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].take();
            }
        }
    }
}

/// Left out: its own sign-in, which there is only within a conversation, so it sends an access
/// token in a header; and a conversation, which needs an account.
#[tokio::test(flavor = "multi_thread")]
async fn gemini_cli_connects_to_the_hub_and_to_the_local_server() {
    let deployment = Deployment::new().await;
    let _hub = deployment.start().await;
    let person = Person::default();
    let tokens = person.sign_in(&deployment.site, seed::DANIEL).await;
    let url = deployment.site.mcp_url();
    let gemini = Assistant::gemini_cli();
    let good = format!("Authorization: Bearer {}", tokens.access_token);
    for (name, header) in [
        ("signed-in", good.as_str()),
        ("stranger", "Authorization: Bearer of-nobody"),
    ] {
        let add = [
            "mcp",
            "add",
            "--scope",
            "user",
            "--transport",
            "http",
            "--timeout",
            "60000",
            "--header",
            header,
            name,
            &url,
        ];
        gemini.run(&add).await;
    }
    let domain = format!("BACKLOG_DOMAIN={}", deployment.sim.url());
    let key = deployment.sim.control().issue_api_key(seed::DANIEL);
    let key = format!("BACKLOG_API_KEY={key}");
    let program = env!("CARGO_BIN_EXE_backlog-mcp-hub");
    let add = [
        "mcp",
        "add",
        "--scope",
        "user",
        "--timeout",
        "60000",
        "-e",
        &domain,
        "-e",
        &key,
        "local",
        program,
        "stdio",
    ];
    gemini.run(&add).await;

    let list = gemini.run(&["mcp", "list"]).await;
    for (name, state) in [
        ("signed-in", "Connected"),
        ("stranger", "Disconnected"),
        ("local", "Connected"),
    ] {
        let line = list
            .lines()
            .find(|line| line.contains(&format!(" {name}: ")));
        let line = line.unwrap_or_else(|| panic!("no {name} in {list}"));
        assert!(line.ends_with(&format!("- {state}")), "{list}");
    }
}
