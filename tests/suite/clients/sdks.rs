//! The official SDKs against the built program, with a person in a real browser.

use backlog_sim::seed;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    browser::Browser,
    process::Deployment,
    sdk_client::{Sdk, SdkClient},
    site::http,
};

const SUMMARY: &str = "Written through an SDK";

#[tokio::test(flavor = "multi_thread")]
async fn the_typescript_sdk_1_works() {
    works_with(Sdk::NodeV1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_typescript_sdk_2_works() {
    works_with(Sdk::NodeV2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_works() {
    works_with(Sdk::Python).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rust_sdk_works() {
    works_with(Sdk::Rust).await;
}

async fn works_with(sdk: Sdk) {
    let deployment = Deployment::new().await;
    let hub = deployment.start().await;
    let url = deployment.site.mcp_url();
    let directory = TempDir::new().unwrap();
    let state = directory.path().join("state.json");

    // A first connection: discovery, registration, and a person who signs in.
    let mut client = SdkClient::start(sdk, &url, &state);
    let authorize = client.expect("authorize").await;
    let browser = Browser::open("en").await;
    let sign_in = authorize["url"].as_str().expect("a URL");
    browser.sign_in(sign_in, seed::DANIEL).await;
    client.expect("connected").await;
    let tools = client.expect("tools").await;
    for name in ["find_issues", "create_issues"] {
        assert!(
            tools["names"].as_array().unwrap().contains(&json!(name)),
            "{tools}"
        );
    }
    let me = client.call("get_myself", json!({})).await;
    assert_eq!(me["id"], seed::DANIEL);

    // It reads and writes as that person; Backlog has what was written.
    let found = get_issue(&mut client, "HARBOR-1").await;
    assert_eq!(found["issueKey"], "HARBOR-1");
    let added = client
        .call(
            "add_issue",
            json!({
                "projectId": seed::HARBOR,
                "summary": SUMMARY,
                "issueTypeId": seed::TASK,
                "priorityId": 3,
            }),
        )
        .await;
    let key = added["issueKey"].as_str().expect("an issue key");
    assert_eq!(get_issue(&mut client, key).await["summary"], SUMMARY);
    let stored = issue_at_backlog(&deployment, key).await;
    assert_eq!(stored["summary"], SUMMARY);
    assert_eq!(stored["createdUser"]["id"], seed::DANIEL);

    beside_the_tools(&mut client, deployment.sim.url().as_str()).await;

    // The hub crashes and comes back; the connected client goes on, and can renew.
    hub.kill().await;
    let hub = deployment.start().await;
    assert_eq!(get_issue(&mut client, key).await["summary"], SUMMARY);
    renew(&mut client).await;
    client.close().await;

    // So does one that is started anew with what the first one stored.
    hub.kill().await;
    let _hub = deployment.start().await;
    let mut client = SdkClient::start(sdk, &url, &state);
    client.expect("connected").await;
    client.expect("tools").await;
    assert_eq!(get_issue(&mut client, key).await["summary"], SUMMARY);
    renew(&mut client).await;
    client.close().await;
}

/// Resources, prompts and completion.
async fn beside_the_tools(client: &mut SdkClient, space: &str) {
    let host = space.trim_start_matches("http://").trim_end_matches('/');
    let listed = client.ask(&json!({"resources": true}), "resources").await;
    let projects = ["HARBOR", "KURA", "OPS"].map(|key| format!("backlog://{host}/projects/{key}"));
    let uris = [&projects[..], &["skill://backlog/SKILL.md".to_owned()]].concat();
    assert_eq!(listed["uris"], json!(uris));
    let read = json!({"read": format!("backlog://{host}/issues/HARBOR-1")});
    let read = client.ask(&read, "resource").await;
    let page = read["result"]["contents"][0]["text"].as_str();
    assert!(
        page.is_some_and(|page| page.starts_with("# HARBOR-1")),
        "{read}"
    );
    let prompt = json!({"prompt": "triage", "arguments": {"project": "HARBOR"}});
    let prompt = client.ask(&prompt, "prompt").await;
    let text = prompt["result"]["messages"][0]["content"]["text"].as_str();
    assert!(text.is_some_and(|text| text.contains("HARBOR")), "{prompt}");
    let complete = json!({"complete": "triage", "argument": "project", "value": "HA"});
    let completed = client.ask(&complete, "completion").await;
    assert_eq!(completed["values"], json!(["HARBOR"]));
}

async fn get_issue(client: &mut SdkClient, key: &str) -> Value {
    client.call("get_issue", json!({ "issueKey": key })).await
}

async fn renew(client: &mut SdkClient) {
    let event = client.ask(&json!({ "refresh": true }), "refreshed").await;
    assert_eq!(event["access_token_changed"], true);
    assert_eq!(event["refresh_token_changed"], true);
}

/// Asks Backlog itself, past the hub.
async fn issue_at_backlog(deployment: &Deployment, key: &str) -> Value {
    let backlog = &deployment.sim;
    let tokens = backlog.control().tokens_for(seed::HARUKA);
    let url = backlog.url().join(&format!("api/v2/issues/{key}")).unwrap();
    let answer = http()
        .get(url)
        .bearer_auth(tokens.access_token)
        .send()
        .await;
    answer.unwrap().json().await.unwrap()
}
