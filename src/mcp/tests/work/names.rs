//! Names of Backlog in the texts of work tools: on one line, without hidden characters, and unable
//! to start a block of Markdown.

use backlog_sim::seed::DANIEL;
use serde_json::{Value, json};

use super::World;
use crate::{
    calls::caller::Caller,
    toolkit::{hidden::clean, toolset::Toolset},
};

/// A name with Markdown, line breaks, and bidirectional and zero-width characters.
const HOSTILE: &str = "Tide\n# Fake heading\n| a | b |\u{202e}\u{200b} ```";

async fn add(world: &World, caller: &Caller, tool: &str, arguments: Value) -> Value {
    let mut caller = caller.clone();
    caller.policy.chosen = Some(Toolset::ALL.into());
    let added = world.call(&caller, tool, arguments).await;
    serde_json::from_str(&added.unwrap_or_else(|error| panic!("{tool}: {error}"))).unwrap()
}

#[tokio::test]
async fn no_name_breaks_out_of_its_line() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let harbor = "HARBOR";
    let named = |more: &str| format!("{HOSTILE}{more}");
    for (tool, name) in [("add_category", " C"), ("add_version_milestone", " V")] {
        add(
            &world,
            &daniel,
            tool,
            json!({"projectKey": harbor, "name": named(name)}),
        )
        .await;
    }
    let issue = add(
        &world,
        &daniel,
        "add_issue",
        json!({
            "projectId": harbor, "summary": named(" S"), "issueTypeId": "Task",
            "priorityId": "Normal", "milestoneId": [named(" V")], "categoryId": [named(" C")],
        }),
    )
    .await;
    let key = issue["issueKey"].as_str().unwrap();
    let page = world.add_page(&daniel, &named(" P"), "text").await;
    let mut seen = 0;
    for (tool, arguments) in [
        ("project_info", json!({"project": harbor})),
        (
            "find_issues",
            json!({"project": harbor, "status": "all", "limit": 200}),
        ),
        (
            "find_issues",
            json!({"project": harbor, "milestone": "Tide"}),
        ),
        (
            "find_issues",
            json!({"project": harbor, "category": "Tide", "group_by": "milestone"}),
        ),
        ("find_issues", json!({"like": key})),
        (
            "find_issues",
            json!({"project": harbor, "milestone": "Tyde"}),
        ),
        ("fetch", json!({"id": key})),
        ("fetch", json!({"id": format!("wiki:{page}")})),
        ("fetch", json!({"id": "Tide", "project": harbor})),
        ("search", json!({"query": "Fake heading"})),
        (
            "report",
            json!({"about": "milestone", "project": harbor, "milestone": "Tide"}),
        ),
        ("report", json!({"about": "milestone", "project": harbor})),
        ("report", json!({"about": "week", "project": harbor})),
        ("report", json!({"about": "activity", "project": harbor})),
        (
            "create_issues",
            json!({"project": harbor, "issues": [{"summary": "One", "milestone": "Tide"}]}),
        ),
        (
            "change_issues",
            json!({"issues": key, "set": {"category": "none"}}),
        ),
        (
            "edit_page",
            json!({"page": "Tide", "project": harbor, "old": "text", "new": "more"}),
        ),
        (
            "edit_page",
            json!({"page": named(" Q"), "project": harbor, "new": "more"}),
        ),
        ("pull_requests", json!({"project": harbor})),
        ("inbox", json!({})),
    ] {
        let text = match world.call(&daniel, tool, arguments.clone()).await {
            Ok(text) | Err(text) => text,
        };
        let is_block = |line: &str| line.trim_start().starts_with("# Fake");
        assert!(!text.lines().any(is_block), "{tool} {arguments}: {text}");
        assert_eq!(clean(&text).removed, 0, "{tool} {arguments}: {text}");
        seen += usize::from(text.contains("Fake heading"));
    }
    assert!(seen > 10, "only {seen} results have the name");
}
