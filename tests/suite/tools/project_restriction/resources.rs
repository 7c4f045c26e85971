//! `hub.spaces.allowed_projects` and reads without a tool: resources and completions.

use backlog_sim::seed;
use serde_json::{Value, json};

use crate::{
    mcp::resources::{result, send, uri},
    support::{
        hub::{TestHub, eventually},
        person::{Person, Tokens},
    },
};

/// A hub whose space allows HARBOR only, and somebody who has joined KURA and OPS as well.
async fn bound() -> (TestHub, Tokens) {
    let hub = TestHub::start().await;
    let set = "UPDATE hub.spaces SET allowed_projects = ARRAY['HARBOR']";
    assert_eq!(hub.sql(set).await, 1);
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    (hub, tokens)
}

/// The projects among the resources; the skill is the other one.
async fn keys(hub: &TestHub, tokens: &Tokens) -> Vec<Value> {
    let listed = result(hub, tokens, "resources/list", json!({})).await;
    let listed = listed["resources"].as_array().expect("a list").iter();
    let projects = listed.filter(|it| it["uri"] != "skill://backlog/SKILL.md");
    projects.map(|it| it["name"].clone()).collect()
}

/// What is suggested where `value` was typed into a variable of a template.
async fn completed(hub: &TestHub, tokens: &Tokens, kind: &str, value: &str) -> Value {
    let (path, variable) = match kind {
        "issue" => ("issues/{issueKey}", "issueKey"),
        _ => ("projects/{projectKey}", "projectKey"),
    };
    let params = json!({
        "ref": { "type": "ref/resource", "uri": uri(hub, path) },
        "argument": { "name": variable, "value": value },
    });
    let mut completed = result(hub, tokens, "completion/complete", params).await;
    completed["completion"]["values"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_of_another_project_is_refused_and_not_read() {
    let (hub, tokens) = bound().await;
    let control = hub.sim.control();
    for (path, asked) in [
        ("projects/KURA", &["projects/KURA"][..]),
        ("issues/KURA-1", &["issues/KURA-1", "projects/88117"]),
        ("wikis/640015", &["wikis/640015"]),
        // What is not there at all reads the same.
        ("issues/HARBOR-99999", &["issues/HARBOR-99999"]),
        ("projects/NOSUCH", &["projects/NOSUCH"]),
    ] {
        control.clear_journal();
        let params = json!({ "uri": uri(&hub, path) });
        let reply = send(&hub, &tokens, "resources/read", params).await;
        let error = &reply.json()["error"];
        assert_eq!(error["code"], -32002, "{path}: {}", reply.body);
        let text = error["message"].as_str().expect("a text");
        let says = "does not exist or is not in an allowed project (allowed: HARBOR).";
        assert!(text.ends_with(says), "{path}: {text}");
        // Only what tells the project was asked, not what a page is made of.
        let journal = control.journal();
        let paths = journal
            .iter()
            .map(|it| it.path.trim_start_matches("/api/v2/"));
        let known = |path: &str| asked.contains(&path) || path == "projects/88117";
        assert!(paths.clone().all(known), "{path}: {journal:?}");
    }
    for path in [
        "projects/HARBOR",
        "issues/HARBOR-1",
        "documents/0199c5d07a1e7f0b9d3f5a6b7c8d9e01",
    ] {
        let params = json!({ "uri": uri(&hub, path) });
        let read = result(&hub, &tokens, "resources/read", params).await;
        assert!(read["contents"][0]["text"].is_string(), "{path}: {read}");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_completions_have_allowed_projects_only() {
    let (hub, tokens) = bound().await;
    assert_eq!(keys(&hub, &tokens).await, ["HARBOR"]);
    let completed = async |kind, typed| completed(&hub, &tokens, kind, typed).await;
    assert_eq!(completed("project", "").await, json!(["HARBOR"]));
    assert_eq!(completed("project", "KU").await, json!([]));
    // Nor by its name.
    assert_eq!(completed("project", "Operations").await, json!([]));
    assert_eq!(completed("issue", "").await, json!(["HARBOR-"]));
    hub.sim.control().clear_journal();
    assert_eq!(completed("issue", "KURA-").await, json!([]));
    let journal = hub.sim.control().journal();
    assert!(journal.iter().all(|it| it.path != "/api/v2/issues"));
    let issues = completed("issue", "HARBOR-").await;
    let issues = issues.as_array().expect("a list");
    let ours = |key: &Value| key.as_str().is_some_and(|key| key.starts_with("HARBOR-"));
    assert!(!issues.is_empty() && issues.iter().all(ours), "{issues:?}");

    let milestones = async |project: &str| {
        let params = json!({
            "ref": { "type": "ref/prompt", "name": "release_notes" },
            "argument": { "name": "milestone", "value": "" },
            "context": { "arguments": { "project": project } },
        });
        let mut completed = result(&hub, &tokens, "completion/complete", params).await;
        completed["completion"]["values"].take()
    };
    assert_eq!(milestones("KURA").await, json!([]));
    assert_ne!(milestones("HARBOR").await, json!([]));

    let lift = "UPDATE hub.spaces SET allowed_projects = NULL";
    assert_eq!(hub.sql(lift).await, 1);
    eventually("the bound is lifted", async || {
        keys(&hub, &tokens).await == ["HARBOR", "KURA", "OPS"]
    })
    .await;
    assert_ne!(milestones("KURA").await, json!([]), "so it has some");
    hub.stop().await;
}
