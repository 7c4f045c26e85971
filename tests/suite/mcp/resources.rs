//! Resources and prompts, for a user who is signed in.

use std::collections::BTreeMap;

use backlog_sim::{Matcher, seed};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    hub::TestHub,
    mcp::{challenge, message, request},
    person::{Person, Tokens},
    reply::Reply,
};

pub(crate) async fn send(hub: &TestHub, tokens: &Tokens, method: &str, params: Value) -> Reply {
    let request = request(&hub.mcp_url(), Some(&tokens.access_token));
    let request = request.header("MCP-Protocol-Version", "2025-11-25");
    Reply::to(request.json(&message(method, params))).await
}

pub(crate) async fn result(hub: &TestHub, tokens: &Tokens, method: &str, params: Value) -> Value {
    let reply = send(hub, tokens, method, params).await;
    assert_eq!(reply.status, StatusCode::OK, "{method}: {}", reply.body);
    let result = reply.json()["result"].clone();
    assert!(result.is_object(), "{method}: {}", reply.body);
    result
}

pub(crate) fn uri(hub: &TestHub, path: &str) -> String {
    let space = hub.sim.url();
    let port = space.port().expect("a port");
    format!("backlog://127.0.0.1:{port}/{path}")
}

#[tokio::test(flavor = "multi_thread")]
async fn items_that_a_user_sees_in_backlog_can_be_read_as_resources() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let listed = result(&hub, &tokens, "resources/list", json!({})).await;
    let listed: Vec<_> = listed["resources"]
        .as_array()
        .expect("a list")
        .iter()
        .collect();
    let uris: Vec<_> = listed
        .iter()
        .map(|it| it["uri"].as_str().unwrap())
        .collect();
    let projects = ["HARBOR", "KURA", "OPS"].map(|key| uri(&hub, &format!("projects/{key}")));
    let expected = [&projects[..], &["skill://backlog/SKILL.md".to_owned()]].concat();
    assert_eq!(uris, expected);

    let templates = result(&hub, &tokens, "resources/templates/list", json!({})).await;
    let template = |index: usize| templates["resourceTemplates"][index]["uriTemplate"].clone();
    assert_eq!(template(1), uri(&hub, "issues/{issueKey}{?textOffset}"));

    hub.sim.control().clear_journal();
    for (path, says) in [
        (
            "projects/HARBOR",
            vec!["# HARBOR: ", "## Milestones", "- Notation of texts: "],
        ),
        (
            "issues/HARBOR-1",
            vec![
                "# HARBOR-1: Berth calendar shows yesterday after midnight",
                "- Type: Bug",
                "- Assignee: Maja Lindqvist",
                "## Description, by ",
                "```\nThe calendar keeps the old day",
                "## Comments (",
                "- console.txt (",
            ],
        ),
        (
            "wikis/640015",
            vec![
                "# 棚卸し手順",
                "- Project: ",
                "- Tags: 手順",
                "## Text, by ",
            ],
        ),
        (
            "documents/0199c5d07a1e7f0b9d3f5a6b7c8d9e01",
            vec!["# Launch plan", "- Project: HARBOR", "## Text, by "],
        ),
    ] {
        let uri = uri(&hub, path);
        let read = result(&hub, &tokens, "resources/read", json!({ "uri": uri })).await;
        let contents = &read["contents"][0];
        assert_eq!(contents["uri"], uri);
        assert_eq!(contents["mimeType"], "text/markdown");
        let text = contents["text"].as_str().expect("a text");
        for says in says {
            assert!(text.contains(says), "{path} has no {says:?}: {text}");
        }
    }
    // Each request is made once; those for the comments and the project of an issue at once.
    let journal = hub.sim.control().journal();
    let asked: BTreeMap<_, usize> = journal.iter().fold(BTreeMap::new(), |mut asked, it| {
        *asked.entry(it.path.as_str()).or_default() += 1;
        asked
    });
    let expected = [
        ("/api/v2/documents/0199c5d07a1e7f0b9d3f5a6b7c8d9e01", 1),
        (
            "/api/v2/documents/0199c5d07a1e7f0b9d3f5a6b7c8d9e01/comments",
            1,
        ),
        ("/api/v2/issues", 1),
        ("/api/v2/issues/HARBOR-1", 1),
        ("/api/v2/issues/HARBOR-1/comments", 1),
        ("/api/v2/issues/HARBOR-1/relatedIssues", 1),
        ("/api/v2/projects/88104", 2),
        ("/api/v2/projects/88117", 1),
        ("/api/v2/projects/HARBOR", 1),
        ("/api/v2/projects/HARBOR/versions", 1),
        ("/api/v2/space", 1),
        ("/api/v2/wikis/640015", 1),
    ];
    assert_eq!(asked, BTreeMap::from(expected));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn items_that_a_user_cannot_see_are_not_resources() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::TOMASZ).await;
    for path in [
        "projects/HARBOR",
        "issues/HARBOR-1",
        "wikis/640015",
        "issues/OPS-999",
    ] {
        let params = json!({ "uri": uri(&hub, path) });
        let reply = send(&hub, &tokens, "resources/read", params).await;
        assert_eq!(reply.json()["error"]["code"], -32002, "{}", reply.body);
    }
    hub.sim.control().clear_journal();
    let elsewhere = json!({ "uri": "backlog://other.backlog.com/issues/OPS-1" });
    let reply = send(&hub, &tokens, "resources/read", elsewhere).await;
    assert_eq!(reply.json()["error"]["code"], -32002, "{}", reply.body);
    assert_eq!(hub.sim.control().count(&Matcher::any()), 0);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_backlog_ended_is_a_401_here_too() {
    let hub = TestHub::start().await;
    for (user, method, params) in [
        (seed::DANIEL, "resources/list", json!({})),
        (
            seed::MAJA,
            "resources/read",
            json!({ "uri": uri(&hub, "issues/HARBOR-1") }),
        ),
        (
            seed::KENTA,
            "completion/complete",
            json!({
                "ref": { "type": "ref/prompt", "name": "triage" },
                "argument": { "name": "project", "value": "H" },
            }),
        ),
    ] {
        let tokens = Person::default().sign_in(&hub, user).await;
        hub.sim.control().revoke_user(user);
        let reply = send(&hub, &tokens, method, params).await;
        assert_eq!(
            reply.status,
            StatusCode::UNAUTHORIZED,
            "{method}: {}",
            reply.body
        );
        assert_eq!(challenge(&reply)["error"], "invalid_token");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn prompts_are_filled_in_with_what_the_project_has() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let listed = result(&hub, &tokens, "prompts/list", json!({})).await;
    let prompts = listed["prompts"].as_array().expect("a list");
    assert_eq!(prompts.len(), 5);
    for prompt in prompts {
        for part in ["name", "title", "description"] {
            assert!(
                prompt[part].as_str().is_some_and(|it| !it.is_empty()),
                "{prompt}"
            );
        }
    }
    let complete = async |name: &str, value: &str, project: Option<&str>| {
        let arguments: Value = project
            .into_iter()
            .map(|it| ("project".to_owned(), json!(it)))
            .collect();
        let context = if project.is_some() {
            arguments
        } else {
            json!({})
        };
        let params = json!({
            "ref": { "type": "ref/prompt", "name": "release_notes" },
            "argument": { "name": name, "value": value },
            "context": { "arguments": context },
        });
        let completed = result(&hub, &tokens, "completion/complete", params).await;
        completed["completion"]["values"].clone()
    };
    assert_eq!(complete("project", "ha", None).await, json!(["HARBOR"]));
    let milestones = complete("milestone", "", Some("HARBOR")).await;
    let milestone = milestones[0]
        .as_str()
        .expect("an open milestone")
        .to_owned();

    let params = json!({
        "name": "release_notes",
        "arguments": { "project": "HARBOR", "milestone": milestone },
    });
    let prompt = result(&hub, &tokens, "prompts/get", params).await;
    let [message] = prompt["messages"].as_array().expect("messages").as_slice() else {
        panic!("{prompt}");
    };
    assert_eq!(message["role"], "user");
    let text = message["content"]["text"].as_str().expect("a text");
    assert!(text.contains(&format!(
        "milestone {milestone} of the Backlog project HARBOR"
    )));
    hub.stop().await;
}
