//! The conformance suite of the Model Context Protocol against the hub, at every
//! revision of the specification that it knows.
//!
//! The suite cannot sign in, so it comes to the MCP endpoint through a proxy that adds
//! a token. Left out are its scenarios for the tools, prompts and resources that only
//! its own test server has.

use std::{collections::BTreeSet, fmt::Write, process::Stdio};

use backlog_sim::seed;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    time::timeout,
};

use crate::support::{
    bearer_proxy::BearerProxy,
    hub::{TestHub, http},
    person::Person,
    process::{DEADLINE, Port},
    site::Site,
    tool,
};

/// The server's scenarios, the revisions that have them, and the checks in them that
/// cannot succeed here.
const SERVER: [(&str, &[&str], &[&str]); 10] = [
    ("server-initialize", &["2025-06-18", "2025-11-25"], &[]),
    ("ping", &["2025-06-18", "2025-11-25"], &[]),
    (
        "tools-list",
        &["2025-06-18", "2025-11-25", "2026-07-28"],
        &[],
    ),
    (
        "prompts-list",
        &["2025-06-18", "2025-11-25", "2026-07-28"],
        &[],
    ),
    (
        "resources-list",
        &["2025-06-18", "2025-11-25", "2026-07-28"],
        &[],
    ),
    ("sep-2164-resource-not-found", &["2026-07-28"], &[]),
    (
        "dns-rebinding-protection",
        &["2025-11-25", "2026-07-28"],
        &[],
    ),
    ("http-header-validation", &["2026-07-28"], &[]),
    (
        "server-stateless",
        &["2026-07-28"],
        &[
            // Asked of tools that the suite's own server has.
            "sep-2575-server-rejects-undeclared-capability",
            "sep-2575-missing-capability-http-400",
            "sep-2575-http-server-no-independent-requests-on-stream",
            "sep-2575-server-no-log-without-loglevel",
            // Its own server changes its lists when such a tool is called; the hub's change
            // when an operator changes a space (`mcp/subscriptions.rs`).
            "sep-2575-server-sends-prompts-list-changed-on-subscription",
            "sep-2575-server-sends-tools-list-changed-on-subscription",
        ],
    ),
    ("caching", &["2026-07-28"], &[]),
];

/// A run of the suite, which writes its results into a directory.
fn suite(results: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(tool::conformance_node());
    command
        .arg(tool::installed(
            "conformance/node_modules/@modelcontextprotocol/conformance/dist/index.js",
        ))
        .args(arguments)
        .arg("--output-dir")
        .arg(results.path())
        .env("NO_PROXY", "*")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Asserts that every check succeeded but for the exceptions, each of which is one.
fn assert_passed(results: &TempDir, scenarios: usize, exceptions: &[&str]) {
    let (mut succeeded, mut others) = (0, BTreeSet::new());
    let mut details = String::new();
    let files: Vec<_> = std::fs::read_dir(results.path())
        .expect("results")
        .map(|entry| entry.expect("an entry").path().join("checks.json"))
        .collect();
    assert_eq!(files.len(), scenarios, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).expect("the checks of a scenario");
        let checks: Vec<Value> = serde_json::from_str(&text).expect("JSON");
        for check in checks {
            match check["status"].as_str().expect("a status") {
                "SUCCESS" => succeeded += 1,
                "INFO" => {}
                status => {
                    others.insert(check["id"].as_str().expect("an id").to_owned());
                    let _ = writeln!(details, "{status} {check}");
                }
            }
        }
    }
    let exceptions = exceptions.iter().map(ToString::to_string).collect();
    assert_eq!(others, exceptions, "{details}");
    assert!(succeeded > 0, "no check was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_conforms_to_every_revision() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let proxy = BearerProxy::start(hub.address(), &tokens.access_token).await;
    let url = format!("{}/mcp", proxy.url);
    for (scenario, revisions, exceptions) in SERVER {
        for revision in revisions {
            println!("{scenario} at {revision}");
            let results = TempDir::new().expect("a directory");
            let arguments = ["server", "--url", &url, "--scenario", scenario];
            let run = suite(&results, &arguments)
                .args(["--spec-version", revision])
                .output();
            timeout(DEADLINE, run)
                .await
                .expect("an end in time")
                .expect("the suite runs");
            assert_passed(&results, 1, exceptions);
        }
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_authorization_server_conforms_to_every_revision() {
    let hub = TestHub::start().await;
    hub.second_space("other").await;
    for revision in ["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"] {
        sign_in_of_the_suite(&hub, &hub.base_url, revision).await;
    }
    // An issuer with a path is another form of every address.
    sign_in_of_the_suite(&hub, &hub.url("/spaces/other"), "2026-07-28").await;
    hub.stop().await;
}

/// Runs all scenarios for an authorization server, with a person who goes where the
/// suite says.
async fn sign_in_of_the_suite(hub: &TestHub, issuer: &str, revision: &str) {
    let port = Port::reserve();
    let redirect_uri = format!("{}/callback", port.url());
    let client_id = Site::new(issuer).register_for(&redirect_uri).await;
    let results = TempDir::new().expect("a directory");
    let resource = format!("{issuer}/mcp");
    let port = port.number.to_string();
    let mut run = suite(&results, &["authorization", "--url", issuer])
        .args(["--client-id", &client_id, "--resource", &resource])
        .args(["--port", &port, "--spec-version", revision])
        .spawn()
        .expect("the suite starts");
    let mut said = BufReader::new(run.stdout.take().expect("a pipe")).lines();
    let mut signed_in = false;
    let authorize = format!("{issuer}/authorize?");
    while let Some(line) = timeout(DEADLINE, said.next_line())
        .await
        .expect("a line in time")
        .expect("text")
    {
        if line.starts_with(&authorize) {
            follow(hub, issuer, &line).await;
            signed_in = true;
        }
    }
    assert!(signed_in, "nobody was asked to sign in");
    let status = run.wait().await.expect("an exit status");
    assert!(status.success(), "{status}");
    assert_passed(&results, 2, &[]);
}

/// Signs a person in, up to the redirect to the suite.
async fn follow(hub: &TestHub, issuer: &str, url: &str) {
    let person = Person::default();
    let page = person.get(url).await;
    let site = Site::new(issuer);
    let forward = person.decide(&site, &page, "approve").await;
    let callback = person
        .sign_in_at_backlog(&forward.refresh(), seed::DANIEL, "approve")
        .await;
    assert!(callback.starts_with(&hub.base_url), "{callback}");
    let page = person.get(&callback).await;
    let redirect = match page.confirmation(&callback) {
        None => page.location.expect("a location"),
        Some(asked) => person.confirm(&asked, "continue").await.refresh(),
    };
    let arrived = http().get(redirect).send().await;
    assert!(arrived.expect("an answer").status().is_success());
}
