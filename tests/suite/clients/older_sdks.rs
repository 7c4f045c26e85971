//! SDKs of early 2025, which accept no protocol version but 2024-11-05.

use backlog_sim::seed;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    browser::Browser,
    person::Person,
    process::Deployment,
    sdk_client::{Sdk, SdkClient},
};

const PROTOCOL: &str = "2024-11-05";

/// It finds the authorization server by its address alone, and sends neither `state` nor
/// `resource`.
#[tokio::test(flavor = "multi_thread")]
async fn the_typescript_sdk_1_10_signs_in_and_calls_tools() {
    let deployment = Deployment::new().await;
    let _hub = deployment.start().await;
    let directory = TempDir::new().expect("a directory");
    let state = directory.path().join("state.json");

    let mut client = SdkClient::start(Sdk::NodeV1_10, &deployment.site.mcp_url(), &state);
    let authorize = client.expect("authorize").await;
    let url = authorize["url"].as_str().expect("a URL");
    for absent in ["resource=", "state="] {
        assert!(!url.contains(absent), "{url}");
    }
    let browser = Browser::open("en").await;
    browser.sign_in(url, seed::DANIEL).await;
    works(&mut client).await;

    let renewed = client.ask(&json!({"refresh": true}), "refreshed").await;
    assert_eq!(renewed["access_token_changed"], true);
    assert_eq!(renewed["refresh_token_changed"], true);
    client.close().await;
}

/// It has no sign-in of its own, so it gets an access token.
#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_1_8_calls_tools() {
    let deployment = Deployment::new().await;
    let _hub = deployment.start().await;
    let directory = TempDir::new().expect("a directory");
    let state = directory.path().join("state.json");
    let tokens = Person::default()
        .sign_in(&deployment.site, seed::DANIEL)
        .await;
    let tokens = json!({"tokens": {"access_token": tokens.access_token}});
    std::fs::write(&state, tokens.to_string()).expect("a file");

    let mut client = SdkClient::start(Sdk::PythonV1_8, &deployment.site.mcp_url(), &state);
    works(&mut client).await;
    client.close().await;
}

async fn works(client: &mut SdkClient) {
    let connected = client.expect("connected").await;
    assert_eq!(connected["protocol"], PROTOCOL);
    assert_eq!(connected["server"]["name"], "backlog-mcp-hub");
    let tools = client.expect("tools").await;
    let names = tools["names"].as_array().expect("names");
    assert!(names.contains(&json!("find_issues")), "{tools}");

    let me = client.call("get_myself", json!({})).await;
    assert_eq!(me["id"], seed::DANIEL);
    let issue: Value = client
        .call("get_issue", json!({"issueKey": "HARBOR-1"}))
        .await;
    assert_eq!(issue["issueKey"], "HARBOR-1");
}
