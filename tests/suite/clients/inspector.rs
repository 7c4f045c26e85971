//! The MCP Inspector: a web application that signs in and calls tools from a browser.

use std::process::Stdio;

use backlog_sim::{Matcher, seed};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::support::{
    browser::Browser,
    process::{DEADLINE, Deployment, Port, until},
    tool,
};

/// A running Inspector; killed when dropped.
struct Inspector {
    /// Its page, with the token that opens it.
    url: String,
    _process: Child,
    _home: TempDir,
    _ports: [Port; 2],
}

impl Inspector {
    async fn start(mcp_url: &str) -> Self {
        let home = TempDir::new().expect("a directory");
        let ports = [Port::reserve(), Port::reserve()];
        let [port, sandbox] = ports.each_ref().map(|port| port.number.to_string());
        let mut process = Command::new(tool::conformance_node())
            .arg(tool::installed(
                "clients/inspector/node_modules/.bin/mcp-inspector",
            ))
            .args(["--web", "--transport", "http", "--server-url", mcp_url])
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| name == "PATH"))
            .env("HOME", home.path())
            .env("NO_PROXY", "*")
            .env("CLIENT_PORT", port)
            .env("MCP_SANDBOX_PORT", sandbox)
            .env("MCP_APP_ORIGIN_PORT", "0")
            .env("MCP_AUTO_OPEN_ENABLED", "false")
            .env("MCP_INSPECTOR_SECRET_STORE", "memory")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("the Inspector starts");
        let mut said = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        let url = loop {
            let line = timeout(DEADLINE, said.next_line())
                .await
                .expect("a line in time")
                .expect("text")
                .expect("the Inspector runs");
            if line.contains("MCP_INSPECTOR_API_TOKEN=") {
                break line.trim().to_owned();
            }
        };
        // A full pipe would stop it.
        tokio::spawn(async move { while let Ok(Some(_)) = said.next_line().await {} });
        Self {
            url,
            _process: process,
            _home: home,
            _ports: ports,
        }
    }
}

/// How often the tool that the person runs has reached Backlog, or the sign-in did.
fn asked_who(deployment: &Deployment) -> usize {
    let who = Matcher::path("/api/v2/users/myself");
    deployment.sim.control().count(&who)
}

async fn run_get_myself(browser: &Browser) {
    // Another tool before it: the form is gone while a result is shown.
    for text in ["get_space", "get_myself", "Execute Tool"] {
        browser.press(text).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inspector_signs_in_calls_a_tool_and_continues_after_a_restart() {
    let deployment = Deployment::new().await;
    let hub = deployment.start().await;
    // The URL of the connect page for the classic tools.
    let url = format!("{}?toolsets=classic", deployment.site.mcp_url());
    let inspector = Inspector::start(&url).await;
    let browser = Browser::open("en").await;
    browser.goto(&inspector.url).await;
    browser.toggle("Connect or disconnect").await;
    browser.approve().await;
    browser.sign_in_at_backlog(seed::DANIEL).await;

    browser.read("Connected").await;
    browser.press("Tools").await;
    assert_eq!(asked_who(&deployment), 1);
    run_get_myself(&browser).await;
    until("the tool has run", async || asked_who(&deployment) == 2).await;

    // The hub crashes and comes back, and the access token is no longer good.
    hub.kill().await;
    deployment.expire_access_tokens().await;
    let _hub = deployment.start().await;
    run_get_myself(&browser).await;
    until("the tool has run again", async || {
        asked_who(&deployment) == 3
    })
    .await;
    let used = "refresh_tokens WHERE consumed_at IS NOT NULL";
    assert_eq!(deployment.count(used).await, 1);
    assert_eq!(deployment.count("grants").await, 1);
}
