//! The reads of a work tool: nothing twice within a call, however many of its parts need it.

use std::collections::BTreeMap;

use backlog_sim::seed::{DANIEL, HARBOR};
use serde_json::{Value, json};

use super::World;

/// The reads that a call of a new server makes more than once.
async fn repeated(tool: &str, arguments: Value) -> Vec<String> {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let text = world.call(&daniel, tool, arguments).await;
    text.unwrap_or_else(|error| panic!("{tool}: {error}"));
    let mut reads: BTreeMap<String, usize> = BTreeMap::new();
    for request in world.sim.control().journal() {
        if request.method == "GET" {
            let read = format!("{} {:?}", request.path, request.query);
            *reads.entry(read).or_default() += 1;
        }
    }
    reads.retain(|_, times| *times > 1);
    reads
        .into_iter()
        .map(|(read, times)| format!("{tool}: {times} times {read}"))
        .collect()
}

#[tokio::test]
async fn nothing_is_read_twice() {
    let mut found = Vec::new();
    for (tool, arguments) in [
        ("report", json!({"about": "week", "person": "me"})),
        (
            "report",
            json!({"about": "week", "project": "KURA", "person": "me"}),
        ),
        ("report", json!({"about": "workload", "project": "HARBOR"})),
        ("report", json!({"about": "hours", "person": "me"})),
        (
            "report",
            json!({"about": "milestone", "project": "HARBOR", "milestone": "2026.11"}),
        ),
        ("report", json!({"about": "activity", "person": "me"})),
        (
            "find_issues",
            json!({"assignee": "me", "closed": "last week"}),
        ),
        (
            "find_issues",
            json!({"assignee": "me", "due": "overdue", "group_by": "project"}),
        ),
        ("find_issues", json!({"like": "HARBOR-10"})),
        ("search", json!({"query": "deployment"})),
        ("fetch", json!({"id": "HARBOR-1"})),
        ("pull_requests", json!({"project": "HARBOR"})),
        ("inbox", json!({})),
        ("project_info", json!({"project": "HARBOR"})),
        (
            "comment",
            json!({"on": "HARBOR-5", "text": "Done.", "notify": ["me", "Maja"]}),
        ),
        (
            "create_issues",
            json!({"project": "HARBOR", "type": "Bug", "assignee": "me", "parent": "HARBOR-7",
                "issues": [{"summary": "One"}, {"summary": "Two", "assignee": "Maja"}]}),
        ),
        (
            "change_issues",
            json!({"issues": ["HARBOR-5", "HARBOR-7"], "set": {"assignee": "me"}}),
        ),
    ] {
        found.extend(repeated(tool, arguments).await);
    }
    // The report of a milestone needs its dates, which the names of milestones in memory do not have.
    assert_eq!(
        found,
        [format!(
            "report: 2 times /api/v2/projects/{HARBOR}/versions []"
        )]
    );
}
