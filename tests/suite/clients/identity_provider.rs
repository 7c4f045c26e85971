//! Enterprise-managed authorization end to end: a real OpenID provider (`oidc-provider`) signs the
//! assertions, and the client side is the Python SDK's own.

use std::process::Stdio;

use backlog_sim::seed;
use oauth_values::identity_assertion::GRANT_TYPE;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::support::{
    hub::{REDIRECT_URI, TestHub, http},
    person::{Person, result},
    process::{DEADLINE, Port},
    tool,
};

/// The provider of a company; killed when dropped.
struct Provider {
    port: Port,
    _process: Child,
}

impl Provider {
    async fn start(hub: &TestHub, client_id: &str) -> Self {
        let port = Port::reserve();
        let mut process = Command::new(tool::program("NODE"))
            .arg(tool::installed("clients/identity-provider/provider.mjs"))
            .env("ISSUER", port.url())
            .env("CLIENT_AT_HUB", client_id)
            .env("HUB", &hub.base_url)
            .env("MCP_SERVER", hub.mcp_url())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the provider starts");
        let mut said = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        let ready = async {
            while let Some(line) = said.next_line().await.expect("text") {
                if line == "ready" {
                    return;
                }
            }
            panic!("the provider has ended");
        };
        timeout(DEADLINE, ready).await.expect("ready in time");
        Self {
            port,
            _process: process,
        }
    }
}

/// A client with a secret: its `client_id` and the secret.
async fn register(hub: &TestHub) -> (String, String) {
    let metadata = json!({
        "client_name": "Assistant of the company",
        "redirect_uris": [REDIRECT_URI],
        "grant_types": ["authorization_code", GRANT_TYPE],
        "token_endpoint_auth_method": "client_secret_post",
    });
    let reply = hub.register_with(&metadata).await;
    let body = reply.json();
    let text = |name: &str| body[name].as_str().expect(name).to_owned();
    (text("client_id"), text("client_secret"))
}

/// Runs the client for a user of the provider.
async fn connect(
    hub: &TestHub,
    provider: &Provider,
    client: &(String, String),
    login: &str,
) -> Value {
    let command = Command::new(tool::program("PYTHON"))
        .arg(tool::installed("clients/python/identity.py"))
        .env("IDP", provider.port.url())
        .env("LOGIN", login)
        .env("HUB", &hub.base_url)
        .env("MCP_SERVER", hub.mcp_url())
        .env("CLIENT_ID", &client.0)
        .env("CLIENT_SECRET", &client.1)
        .env("NO_PROXY", "*")
        .kill_on_drop(true)
        .output();
    let output = timeout(DEADLINE, command).await.expect("in time");
    let output = output.expect("the client starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    serde_json::from_str(said.trim()).unwrap_or_else(|_| panic!("{said}{errors}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_connects_by_the_assertion_of_an_openid_provider() {
    let hub = TestHub::start().await;
    let client = register(&hub).await;
    let provider = Provider::start(&hub, &client.0).await;
    let issuer = provider.port.url();
    hub.sql(&format!(
        "SELECT admin.add_identity_provider('default', '{issuer}')"
    ))
    .await;

    // Nobody has signed in to Backlog yet.
    let unknown = connect(&hub, &provider, &client, "daniel").await;
    let error = unknown["error"].as_str().expect("an error");
    assert!(error.contains("invalid_grant"), "{error}");

    Person::default().sign_in(&hub, seed::DANIEL).await;
    let connected = connect(&hub, &provider, &client, "daniel").await;
    assert_eq!(result(&connected)["id"], seed::DANIEL, "{connected}");
    assert_eq!(connected["tokens"]["scope"], "backlog:read");
    assert!(connected["tokens"].get("refresh_token").is_none());
    let stranger = connect(&hub, &provider, &client, "stranger").await;
    assert!(stranger.get("error").is_some(), "{stranger}");

    // The user leaves the company: there is no other token.
    let left = http().post(format!("{issuer}/leave/daniel")).send().await;
    assert_eq!(left.expect("an answer").status(), 204);
    let gone = connect(&hub, &provider, &client, "daniel").await;
    assert!(gone.get("error").is_some(), "{gone}");
    hub.stop().await;
}
