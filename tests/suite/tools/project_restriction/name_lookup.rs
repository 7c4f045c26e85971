//! `hub.spaces.allowed_projects` and the lookup of names: the candidates that an error lists, and
//! the items that a name can refer to.

use backlog_sim::seed;
use serde_json::{Value, json};

use crate::support::{
    hub::TestHub,
    mcp,
    person::{Person, Tokens},
    reply::Reply,
};

/// What Daniel has joined beside HARBOR, by key, name and id.
const FORBIDDEN: [&str; 6] = [
    "KURA",
    "倉庫管理システム",
    "88117",
    "OPS",
    "Operations desk",
    "88131",
];

async fn daniel(hub: &TestHub) -> Tokens {
    Person::default().sign_in(hub, seed::DANIEL).await
}

async fn bind(hub: &TestHub, projects: &str) {
    let set = format!("UPDATE hub.spaces SET allowed_projects = {projects}");
    assert_eq!(hub.sql(&set).await, 1);
}

async fn call(hub: &TestHub, tokens: &Tokens, tool: &str, arguments: Value) -> Reply {
    mcp::call(hub, Some(&tokens.access_token), tool, arguments).await
}

/// The paths that were asked for; and forgets them.
fn asked(hub: &TestHub) -> Vec<String> {
    let journal = hub.sim.control().journal();
    hub.sim.control().clear_journal();
    let paths = journal.into_iter().map(|entry| entry.path);
    paths
        .map(|path| path.trim_start_matches("/api/v2/").to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_name_lists_no_forbidden_candidate() {
    let hub = TestHub::start().await;
    bind(&hub, "ARRAY['HARBOR']").await;
    let tokens = daniel(&hub).await;
    for (tool, arguments, says) in [
        (
            "get_issues",
            json!({"projectId": ["HARBOUR"]}),
            "(allowed: HARBOR).",
        ),
        (
            "get_issues",
            json!({"projectId": ["Harbor booking portal"]}),
            "(allowed: HARBOR).",
        ),
        (
            "get_project",
            json!({"projectId": ""}),
            "give at least one of projectId, projectKey, which identify the project.",
        ),
        (
            "get_issues",
            json!({"projectId": ["HARBOR"], "statusId": ["Nope"]}),
            "unknown status \"Nope\" in the project; available: Open (1)",
        ),
        // Where no project is given, the names are those of the allowed ones.
        (
            "get_issues",
            json!({"statusId": ["レビュー待ち"]}),
            "unknown status \"レビュー待ち\"",
        ),
    ] {
        let reply = call(&hub, &tokens, tool, arguments.clone()).await;
        let text = mcp::failure(&reply);
        assert!(text.contains(says), "{arguments}: {text}");
        let leaked: Vec<_> = FORBIDDEN
            .into_iter()
            .filter(|it| text.contains(it))
            .collect();
        assert!(leaked.is_empty(), "{arguments}: {text}");
    }

    hub.sim.control().clear_journal();
    for (tool, arguments) in [
        (
            "get_issues",
            json!({"projectId": ["KURA"], "statusId": ["Nope"]}),
        ),
        (
            "get_issues",
            json!({"projectId": [88117], "categoryId": ["Nope"]}),
        ),
        (
            "add_issue",
            json!({
                "projectId": "KURA", "summary": "s", "issueTypeId": "Nope", "priorityId": "High",
            }),
        ),
        (
            "update_issue",
            json!({"issueKey": "KURA-1", "statusId": "Nope"}),
        ),
        (
            "update_issue",
            json!({"issueKey": "HARBOR-1", "parentIssueId": "KURA-1", "statusId": "Nope"}),
        ),
        (
            "get_issues",
            json!({"projectId": ["HARBOR"], "parentIssueId": ["KURA-1"]}),
        ),
    ] {
        let reply = call(&hub, &tokens, tool, arguments.clone()).await;
        let text = mcp::failure(&reply);
        let refused = "is not in an allowed project (allowed: HARBOR).";
        assert!(text.ends_with(refused), "{arguments}: {text}");
        let asked = asked(&hub);
        // Of the forbidden project only which one it is.
        let look_up = |path: &String| path.matches('/').count() == 1;
        assert!(asked.iter().all(look_up), "{arguments}: {asked:?}");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_in_an_allowed_project_works() {
    let hub = TestHub::start().await;
    bind(&hub, "ARRAY['HARBOR']").await;
    let tokens = daniel(&hub).await;
    for (tool, arguments) in [
        (
            "get_issues",
            json!({
                "projectId": ["HARBOR"], "statusId": ["In Progress"], "assigneeId": ["me"],
                "categoryId": ["Booking"],
            }),
        ),
        (
            "get_issues",
            json!({"statusId": ["In Progress"], "priorityId": ["High"]}),
        ),
        (
            "add_issue",
            json!({
                "projectId": "HARBOR", "summary": "Tide table is empty", "issueTypeId": "Bug",
                "priorityId": "High", "categoryId": ["Booking"], "milestoneId": ["2026.11"],
                "assigneeId": "Maja Lindqvist",
            }),
        ),
        (
            "update_issue",
            json!({"issueKey": "HARBOR-1", "statusId": "In Progress"}),
        ),
        (
            "get_issues",
            json!({"projectId": [88104], "parentIssueId": ["HARBOR-1"]}),
        ),
        // The id as a text, and the key in any case, in any input.
        ("get_project", json!({"projectId": "88104"})),
        ("get_project", json!({"projectKey": "harbor"})),
        (
            "get_git_repository",
            json!({"projectKey": " Harbor ", "repoName": "portal"}),
        ),
        ("get_issue", json!({"issueKey": "harbor-1 Whatever it is"})),
    ] {
        let reply = call(&hub, &tokens, tool, arguments.clone()).await;
        let body = reply.json();
        assert_ne!(body["result"]["isError"], true, "{arguments}: {body}");
        let asked = asked(&hub);
        let elsewhere = |path: &String| FORBIDDEN.iter().any(|it| path.contains(it));
        assert!(!asked.iter().any(elsewhere), "{arguments}: {asked:?}");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forbidden_project_cannot_pass_for_an_allowed_one_by_its_name() {
    let hub = TestHub::start().await;
    // OPS is called what HARBOR's id is, and what HARBOR's key is.
    for name in ["88104", "HARBOR"] {
        bind(&hub, "NULL").await;
        let admin = Person::default().sign_in(&hub, seed::HARUKA).await;
        let rename = json!({"projectKey": "OPS", "name": name});
        let renamed = call(&hub, &admin, "update_project", rename).await.json();
        assert_ne!(renamed["result"]["isError"], true, "{renamed}");
        bind(&hub, "ARRAY['HARBOR']").await;
        let tokens = daniel(&hub).await;
        let reply = call(&hub, &tokens, "get_project", json!({"projectId": name})).await;
        let text = reply.body.clone();
        assert!(!text.contains("88131") && !text.contains("OPS"), "{text}");
    }
    hub.stop().await;
}
