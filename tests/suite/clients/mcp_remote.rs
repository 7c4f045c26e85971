//! `mcp-remote`: the bridge through which clients that only know standard input and
//! output reach a remote server. This test is such a client.

use std::{path::Path, process::Stdio};

use backlog_sim::seed;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use crate::support::{
    browser::Browser,
    person::result,
    process::{DEADLINE, Deployment, Port, until},
    tool,
};

/// A running bridge; killed when dropped.
struct Bridge {
    _process: Child,
    requests: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    said: Option<Lines<BufReader<ChildStderr>>>,
    last_id: u64,
}

impl Bridge {
    fn start(url: &str, port: &Port, home: &Path) -> Self {
        let mut process = Command::new(tool::program("NODE"))
            .arg(tool::installed(
                "clients/node/node_modules/mcp-remote/dist/proxy.js",
            ))
            .args([url, &port.number.to_string()])
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| name == "PATH"))
            .env("HOME", home)
            .env("MCP_REMOTE_CONFIG_DIR", home)
            .env("NO_PROXY", "*")
            // The browser is the test's; the URL is also printed.
            .env("BROWSER", "true")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the bridge starts");
        Self {
            requests: process.stdin.take().expect("a pipe"),
            answers: BufReader::new(process.stdout.take().expect("a pipe")).lines(),
            said: Some(BufReader::new(process.stderr.take().expect("a pipe")).lines()),
            _process: process,
            last_id: 0,
        }
    }

    /// The URL at which the person is to sign in.
    async fn sign_in_url(&mut self) -> String {
        let said = self.said.as_mut().expect("not read yet");
        loop {
            let line = timeout(DEADLINE, said.next_line())
                .await
                .expect("a line in time")
                .expect("text")
                .expect("the bridge asks for a sign-in before it ends");
            if let Some(url) = line
                .split_whitespace()
                .find(|word| word.contains("/authorize?"))
            {
                return url.to_owned();
            }
        }
    }

    /// Reads on what it says: a full pipe would stop it.
    fn ignore_what_it_says(&mut self) {
        let mut said = self.said.take().expect("not read yet");
        tokio::spawn(async move { while let Ok(Some(_)) = said.next_line().await {} });
    }

    async fn send(&mut self, message: &Value) {
        let line = format!("{message}\n");
        let sent = self.requests.write_all(line.as_bytes()).await;
        sent.expect("the bridge reads");
    }

    async fn ask(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
            .await;
        loop {
            let line = timeout(DEADLINE, self.answers.next_line())
                .await
                .expect("an answer in time")
                .expect("text")
                .expect("the bridge has ended");
            let message: Value = serde_json::from_str(&line).expect("nothing but JSON-RPC");
            if message["id"] == id {
                return message;
            }
        }
    }

    async fn initialize(&mut self) {
        let params = json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": { "name": "Desktop", "version": "1" },
        });
        let answer = self.ask("initialize", params).await;
        assert_eq!(answer["result"]["serverInfo"]["name"], "backlog-mcp-hub");
        self.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))
            .await;
    }

    /// Lists the tools and calls one, as the person who signed in.
    async fn works(&mut self) {
        let tools = self.ask("tools/list", json!({})).await;
        let tools = tools["result"]["tools"].as_array().expect("tools").clone();
        assert!(tools.iter().any(|tool| tool["name"] == "find_issues"));
        let call = json!({ "name": "get_myself", "arguments": {} });
        let me = self.ask("tools/call", call).await;
        assert_eq!(result(&me)["id"], json!(seed::DANIEL));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mcp_remote_signs_in_refreshes_and_survives_restarts_of_both_sides() {
    const USED: &str = "refresh_tokens WHERE consumed_at IS NOT NULL";

    let deployment = Deployment::new().await;
    let hub = deployment.start().await;
    let url = deployment.site.mcp_url();
    let home = TempDir::new().expect("a directory");
    let port = Port::reserve();

    let mut bridge = Bridge::start(&url, &port, home.path());
    let sign_in = bridge.sign_in_url().await;
    let browser = Browser::open("en").await;
    browser.goto(&sign_in).await;
    browser.approve().await;
    browser.sign_in_at_backlog(seed::DANIEL).await;
    until("the browser is back at the bridge", async || {
        browser.text().await.contains("close this window")
    })
    .await;
    bridge.ignore_what_it_says();
    bridge.initialize().await;
    bridge.works().await;

    // The hub crashes and comes back, and the access token is no longer good.
    hub.kill().await;
    let hub = deployment.start().await;
    bridge.works().await;
    assert_eq!(deployment.count(USED).await, 0);
    deployment.expire_access_tokens().await;
    hub.kill().await;
    let hub = deployment.start().await;
    bridge.works().await;
    assert_eq!(deployment.count(USED).await, 1);
    drop(bridge);

    // A new bridge needs nothing but what the first one stored: nobody signs in here.
    hub.kill().await;
    let _hub = deployment.start().await;
    let mut bridge = Bridge::start(&url, &port, home.path());
    bridge.ignore_what_it_says();
    bridge.initialize().await;
    bridge.works().await;
    assert_eq!(deployment.count("grants").await, 1);
    assert_eq!(deployment.count("clients").await, 1);
}
