use backlog_sim::{Matcher, seed};
use oauth_values::{Scope, Scopes};
use serde_json::{Value, json};

use super::World;

fn adds() -> Matcher {
    Matcher::path("/api/v2/issues").method("POST")
}

/// An issue as a classic tool returns it.
async fn issue(world: &World, key: &str) -> Value {
    let mut caller = world.caller(seed::DANIEL);
    caller.policy.chosen = None;
    let found = world
        .call(&caller, "get_issue", json!({"issueKey": key}))
        .await;
    let text = found.unwrap_or_else(|error| panic!("{error}"));
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn a_bug_is_filed_with_everything() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let text = world
        .call(
            &daniel,
            "create_issues",
            json!({
                "project": "harbor booking",
                "notify": "maja",
                "files": {"name": "log.txt", "text": "panic"},
                "issues": {
                    "title": "Crane is stuck", "description": "See **log**.", "type": "bug",
                    "status": "処理中", "priority": "高", "assignee": "自分", "due": "金曜",
                    "start": "today", "hours": 1.5, "milestone": "2027.01",
                    "category": ["booking", "Payments"], "parent": "HARBOR-7",
                    "fields": [
                        {"name": "severity", "value": "S1"},
                        {"name": "Found on", "value": "yesterday"},
                        {"name": "Browsers", "value": "firefox, Edge"},
                        {"name": "Users affected", "value": "12"},
                    ],
                },
            }),
        )
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(
        text.starts_with("Created 1 issue.\n- HARBOR-19 Crane is stuck | "),
        "{text}"
    );
    for expected in [
        "type: Bug",
        "priority: High",
        "assignee: Daniel Okafor",
        "due: 2026-12-04",
        "start: 2026-12-02",
        "hours: 1.5",
        "milestone: 2027.01",
        "category: Booking, Payments",
        "parent: HARBOR-7",
        "status: In Progress",
        "Severity: S1",
        "Found on: 2026-12-01",
        "Browsers: Firefox, Edge",
        "Users affected: 12",
        "/view/HARBOR-19",
        "Notified: Maja Lindqvist",
        "Files attached to each: 1",
        "project \"harbor booking\" was read as HARBOR",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert_eq!(text.matches("/view/").count(), 1, "{text}");
    let issue = issue(&world, "HARBOR-19").await;
    assert_eq!(issue["status"]["name"], "In Progress");
    assert_eq!(issue["assignee"]["id"], seed::DANIEL);
    assert_eq!(issue["attachments"][0]["name"], "log.txt");
    assert_eq!(issue["dueDate"], "2026-12-04T00:00:00Z");
}

#[tokio::test]
async fn common_values_apply_to_issues_without_their_own() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let text = world
        .call(
            &daniel,
            "create_issues",
            json!({
                "project": "HARBOR", "type": "Task", "parent": "HARBOR-7", "assignee": "maja",
                "priority": "low", "due": "来週の金曜",
                "issues": [
                    {"summary": "One"},
                    {"summary": "Two", "assignee": "山口さん", "priority": "High"},
                    {"summary": "Three", "type": "Request", "assignee": "nobody", "due": "none"},
                ],
            }),
        )
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("Created 3 issues."), "{text}");
    for (line, expected) in [
        (1, "type: Task"),
        (1, "assignee: Maja"),
        (1, "priority: Low"),
        (1, "due: 2026-12-11"),
        (2, "assignee: 山口 健太"),
        (2, "priority: High"),
        (3, "type: Request"),
        (3, "parent: HARBOR-7"),
    ] {
        assert!(lines[line].contains(expected), "{expected}: {text}");
    }
    assert!(
        !lines[3].contains("assignee") && !lines[3].contains("due"),
        "{text}"
    );
    let three = issue(&world, "HARBOR-21").await;
    assert_eq!(
        (&three["assignee"], &three["dueDate"]),
        (&Value::Null, &Value::Null)
    );
    // The parent was read once.
    let reads = Matcher::path("/api/v2/issues/HARBOR-7").method("GET");
    assert_eq!(world.sim.control().count(&reads), 1);
}

#[tokio::test]
async fn the_notation_of_the_project_is_used() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let issues = json!([{"summary": "棚", "description": "- **至急**", "type": "バグ"}]);
    let arguments = json!({"project": "倉庫", "issues": issues});
    world
        .call(&daniel, "create_issues", arguments)
        .await
        .unwrap();
    assert_eq!(issue(&world, "KURA-15").await["description"], "- ''至急''");
}

#[tokio::test]
async fn an_error_in_any_issue_creates_nothing() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let forty = |last: Value| {
        let mut issues: Vec<_> = (1..40)
            .map(|n| json!({"summary": format!("Issue {n}")}))
            .collect();
        issues.push(last);
        json!({"project": "HARBOR", "type": "Bug", "issues": issues})
    };
    let many: Vec<_> = (0..51).map(|n| json!({"summary": n.to_string()})).collect();
    for (arguments, expected) in [
        (
            forty(json!({"summary": "a", "assignee": "Hanako"})),
            "issues[39].assignee: unknown member of the project \"Hanako\"",
        ),
        (
            forty(json!({"summary": "a", "milestone": ["2026.12"]})),
            "issues[39].milestone: unknown milestone \"2026.12\"; available, nearest first: \"2026.11\"",
        ),
        (
            forty(json!({"summary": "a", "due": "someday"})),
            "issues[39].due: expected a day",
        ),
        (
            forty(json!({"summary": "a", "due": "2026-02-30"})),
            "issues[39].due: there is no",
        ),
        (
            forty(json!({"summary": "a", "priority": "urgent"})),
            "issues[39].priority: unknown",
        ),
        (
            forty(json!({"summary": "a", "hours": -1})),
            "issues[39].hours: expected hours from 0",
        ),
        (
            forty(json!({"summary": "a", "parent": "HARBOR-999"})),
            "issues[39].parent: HARBOR-999 does",
        ),
        (
            forty(json!({"summary": "a", "parent": "KURA-1"})),
            "is in another project",
        ),
        (
            forty(json!({"summary": "a", "type": "Incident"})),
            "requires the custom field \"Timeline\"",
        ),
        (
            forty(json!({"summary": "a\nb"})),
            "issues[39].summary: expected one line",
        ),
        (
            forty(json!({"summary": "a", "fields": [{"name": "Severity", "value": "S9"}]})),
            "issues[39].fields: Severity: unknown item \"S9\"",
        ),
        (
            forty(json!({"summary": "a", "fields": [{"name": "Sevrity", "value": "S1"}]})),
            "issues[39].fields: unknown custom field \"Sevrity\"",
        ),
        (
            forty(json!({"description": "a"})),
            "issues[39].summary: is required",
        ),
        (
            forty(json!({"summary": "a", "assigne": "me"})),
            "did you mean assignee?",
        ),
        (
            json!({"project": "HARBOR", "issues": [{"summary": "a"}]}),
            "issues[0].type: is required",
        ),
        (
            json!({"project": "HARBOR", "type": "Bug", "issues": []}),
            "issues: is required",
        ),
        (
            json!({
                "project": "HARBOR", "type": "Bug", "issues": many[..2], "files": {"from": "12"},
            }),
            "files: an upload can be attached to one issue only",
        ),
        (
            json!({"project": "HARBR", "type": "Bug", "issues": many[..1]}),
            "unknown project \"HARBR\"",
        ),
        (
            json!({"project": "HARBOR", "type": "Bug", "issues": many}),
            "expected at most 50, received 51",
        ),
    ] {
        let error = world
            .call(&daniel, "create_issues", arguments)
            .await
            .unwrap_err();
        assert!(error.contains(expected), "{expected}: {error}");
    }
    assert_eq!(world.sim.control().count(&adds()), 0);
}

#[tokio::test]
async fn each_issue_has_its_own_outcome() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let refused = backlog_sim::Control::error_body(7, "summary is too odd.");
    world.sim.control().fail_next(adds(), 400, refused, 1);
    world.sim.control().drop_response(adds(), 1);
    let issues: Vec<_> = ["One", "Two", "Three"]
        .map(|summary| json!({"summary": summary}))
        .into();
    let arguments = json!({"project": "HARBOR", "type": "Bug", "issues": issues});
    let text = world
        .call(&daniel, "create_issues", arguments)
        .await
        .unwrap();
    assert!(text.starts_with("Created 1 of 3 issues."), "{text}");
    assert!(text.contains("- not created: One: "), "{text}");
    assert!(text.contains("summary is too odd"), "{text}");
    assert!(
        text.contains("- unknown whether it was created: Two: "),
        "{text}"
    );
    assert!(text.contains("- HARBOR-20 Three"), "{text}");
    assert!(!text.contains("To continue"), "{text}");
    assert_eq!(world.sim.control().count(&adds()), 3);
}

#[tokio::test]
async fn a_status_that_cannot_be_set_is_reported() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let change = Matcher::path("/api/v2/issues/HARBOR-19").method("PATCH");
    let refused = backlog_sim::Control::error_body(7, "no such status.");
    world.sim.control().fail_next(change, 400, refused, 1);
    let issues = json!([{"summary": "One", "status": "Closed"}]);
    let arguments = json!({"project": "HARBOR", "type": "Bug", "issues": issues});
    let text = world
        .call(&daniel, "create_issues", arguments)
        .await
        .unwrap();
    assert!(
        text.contains("HARBOR-19 One") && text.contains("status Closed is not set: "),
        "{text}"
    );
    assert!(!text.contains("status: Closed"), "{text}");
}

#[tokio::test]
async fn a_caller_without_permission_creates_nothing() {
    let world = World::start().await;
    let issues = json!([{"summary": "a"}]);
    let arguments = json!({"project": "KURA", "type": "バグ", "issues": issues});

    let mut restricted = world.caller(seed::DANIEL);
    restricted.policy.projects = Some(["HARBOR".to_owned()].into());
    let error = world
        .call(&restricted, "create_issues", arguments.clone())
        .await
        .unwrap_err();
    assert!(
        error.contains("unknown project \"KURA\"") && !error.contains("倉庫"),
        "{error}"
    );

    let mut reader = world.caller(seed::DANIEL);
    reader.scopes = Scopes::from_iter([Scope::Read]);
    let result = world
        .call(&reader, "create_issues", arguments.clone())
        .await;
    assert!(result.unwrap_err().contains("scope"));

    let mut without = world.caller(seed::DANIEL);
    without.policy.chosen = Some([crate::toolkit::toolset::Toolset::Wiki].into());
    assert!(
        world
            .call(&without, "create_issues", arguments)
            .await
            .is_err()
    );
    assert_eq!(world.sim.control().count(&adds()), 0);
}

#[tokio::test]
async fn titles_of_other_users_cannot_forge_lines() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let issues = json!([{"summary": "a | b \u{202e} ```"}]);
    let arguments = json!({"project": "HARBOR", "type": "Bug", "issues": issues});
    let text = world
        .call(&daniel, "create_issues", arguments)
        .await
        .unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(!text.contains('\u{202e}'), "{text}");
}

#[tokio::test]
async fn an_issue_without_its_key_in_the_response_is_reported_as_created() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    world.sim.control().fail_next(adds(), 201, "{}", 1);
    let issues = json!([{"summary": "One"}, {"summary": "Two"}]);
    let arguments = json!({"project": "HARBOR", "type": "Bug", "issues": issues});
    let text = world
        .call(&daniel, "create_issues", arguments)
        .await
        .unwrap();
    assert!(text.contains("HARBOR-19 Two"), "{text}");
    let expected = "created, but Backlog's response with the key is lost: One";
    assert!(text.contains(expected), "{text}");
    assert_eq!(world.sim.control().count(&adds()), 2);
}
