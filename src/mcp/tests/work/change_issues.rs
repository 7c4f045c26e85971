use backlog_sim::{Matcher, seed};
use oauth_values::{Scope, Scopes};
use serde_json::{Value, json};

use super::World;
use crate::calls::caller::Caller;

fn writes() -> Matcher {
    Matcher::any().method("PATCH")
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

async fn change(world: &World, caller: &Caller, arguments: Value) -> String {
    let changed = world.call(caller, "change_issues", arguments.clone()).await;
    changed.unwrap_or_else(|error| panic!("{arguments}: {error}"))
}

/// The digest of a preview.
fn digest(text: &str) -> String {
    let (_, digest) = text
        .rsplit_once("expect: ")
        .unwrap_or_else(|| panic!("{text}"));
    digest.to_owned()
}

#[tokio::test]
async fn one_issue_is_changed_at_once() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let text = change(
        &world,
        &daniel,
        json!({
            "issue": "harbor-2",
            "set": {
                "status": "完了", "assignee": "maja", "due": "friday", "milestone": "2027.01",
                "category": ["なし"], "add_hours": 1.5, "resolution": "fixed",
                "fields": [{"name": "Severity", "value": "s2"}],
            },
            "comment": "Moved.",
            "notify": "佐藤さん",
        }),
    )
    .await;
    assert!(
        text.starts_with("Changed 1 issue.\n- HARBOR-2 status: Open → Closed; "),
        "{text}"
    );
    for expected in [
        "assignee: Daniel Okafor → Maja Lindqvist",
        "→ 2026-12-04",
        "milestone: 2026.11 → 2027.01",
        "category: Payments → none",
        "spent: ",
        "resolution: none → Fixed",
        "Severity: none → S2",
        "Comment: one on each",
        "Notified: 佐藤 遥",
        "/view/HARBOR-2",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let issue = issue(&world, "HARBOR-2").await;
    assert_eq!(issue["status"]["id"], 4);
    assert_eq!(issue["category"], json!([]));
    assert_eq!(issue["dueDate"], "2026-12-04T00:00:00Z");
}

#[tokio::test]
async fn none_removes_a_value() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let set =
        json!({"assignee": "nobody", "due": "none", "milestone": "なし", "description": "none"});
    let text = change(&world, &daniel, json!({"issues": "HARBOR-2", "set": set})).await;
    for expected in [
        "assignee: Daniel Okafor → none",
        "milestone: 2026.11 → none",
        "description: removed",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let issue = issue(&world, "HARBOR-2").await;
    for field in ["assignee", "dueDate"] {
        assert_eq!(issue[field], Value::Null, "{field}");
    }
}

#[tokio::test]
async fn an_issue_with_all_values_is_left_alone() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let arguments = json!({"issues": ["HARBOR-3", "HARBOR-2"], "set": {"status": "Closed"}});
    let text = change(&world, &daniel, arguments.clone()).await;
    assert!(
        text.contains("Changed 1 issue.\n- HARBOR-2 status: Open → Closed"),
        "{text}"
    );
    assert!(
        text.contains("Left alone: HARBOR-3 already has these values"),
        "{text}"
    );
    let error = world
        .call(&daniel, "change_issues", arguments)
        .await
        .unwrap_err();
    assert!(
        error
            .contains("nothing would change, because HARBOR-3, HARBOR-2 already have these values"),
        "{error}"
    );
    assert_eq!(world.sim.control().count(&writes()), 1);
}

#[tokio::test]
async fn issues_of_several_projects_have_their_own_names() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let arguments = json!({
        "issues": ["HARBOR-2", "KURA-2"], "set": {"status": "in progress", "description": "**a**"},
    });
    let text = change(&world, &daniel, arguments).await;
    assert!(
        text.contains("HARBOR-2 status: Open → In Progress"),
        "{text}"
    );
    assert!(text.contains("KURA-2 status: 未対応 → 処理中"), "{text}");
    assert_eq!(issue(&world, "HARBOR-2").await["description"], "**a**");
    assert_eq!(issue(&world, "KURA-2").await["description"], "''a''");
    let arguments = json!({"issues": ["HARBOR-2", "KURA-2"], "set": {"status": "保留"}});
    let error = world
        .call(&daniel, "change_issues", arguments)
        .await
        .unwrap_err();
    assert!(
        error.contains("set.status: unknown status \"保留\"") && error.contains("(project HARBOR)"),
        "{error}"
    );
}

#[tokio::test]
async fn more_than_twenty_issues_need_the_digest_of_a_preview() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let keys: Vec<_> = (1..=18).map(|n| format!("HARBOR-{n}")).collect();
    let keys: Vec<_> = keys
        .into_iter()
        .chain((1..=6).map(|n| format!("OPS-{n}")))
        .collect();
    let mut arguments = json!({"issues": keys, "set": {"priority": "low"}, "comment": "Sorted"});
    let preview = change(&world, &daniel, arguments.clone()).await;
    assert!(preview.starts_with("Nothing is changed yet. "), "{preview}");
    assert!(
        preview.contains(
            "- HARBOR-1 Berth calendar shows yesterday after midnight: priority: High → Low"
        ),
        "{preview}"
    );
    assert!(
        preview.contains("HARBOR-4, ") && preview.contains("already have these values"),
        "{preview}"
    );
    assert_eq!(world.sim.control().count(&writes()), 0);

    // An issue changes meanwhile.
    arguments["expect"] = digest(&preview).into();
    let moved = json!({"issues": "HARBOR-1", "set": {"status": "Resolved"}});
    world
        .sim
        .control()
        .advance_clock(std::time::Duration::from_secs(5));
    change(&world, &world.caller(seed::MAJA), moved).await;
    let again = change(&world, &daniel, arguments.clone()).await;
    assert!(
        again.starts_with("Nothing was changed, because expect is not the value"),
        "{again}"
    );
    assert_eq!(world.sim.control().count(&writes()), 1);
    assert_ne!(digest(&again), digest(&preview));

    // The digest is of these values only.
    arguments["expect"] = digest(&again).into();
    let mut others = arguments.clone();
    others["set"]["priority"] = "high".into();
    let text = change(&world, &daniel, others).await;
    assert!(text.starts_with("Nothing was changed, because"), "{text}");

    let text = change(&world, &daniel, arguments.clone()).await;
    assert!(
        text.starts_with("Changed 2") && text.contains(" issues.\n"),
        "{text}"
    );
    assert!(text.contains("HARBOR-1 priority: High → Low"), "{text}");
    // It is used up.
    let error = world
        .call(&daniel, "change_issues", arguments)
        .await
        .unwrap_err();
    assert!(error.contains("nothing would change"), "{error}");
}

#[tokio::test]
async fn more_than_fifty_issues_are_changed_in_parts() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    for part in [50, 5] {
        let issues: Vec<_> = (0..part)
            .map(|n| json!({"summary": format!("Part {n}")}))
            .collect();
        let arguments = json!({"project": "HARBOR", "type": "Task", "issues": issues});
        world
            .call(&daniel, "create_issues", arguments)
            .await
            .unwrap();
    }
    let keys: Vec<_> = (19..74).map(|n| format!("HARBOR-{n}")).collect();
    let mut arguments = json!({"issues": keys, "set": {"priority": "high"}});
    arguments["expect"] = digest(&change(&world, &daniel, arguments.clone()).await).into();
    let text = change(&world, &daniel, arguments).await;
    assert!(text.starts_with("Changed 50 of 55 issues."), "{text}");
    let (_, rest) = text.rsplit_once('\n').unwrap();
    assert!(
        text.contains("5 left: a call changes at most 50 issues. To continue, call change_issues"),
        "{text}"
    );
    let text = change(&world, &daniel, serde_json::from_str(rest).unwrap()).await;
    assert!(
        text.starts_with("Changed 5 issues.\n- HARBOR-69 priority: Normal → High"),
        "{text}"
    );
    assert_eq!(world.sim.control().count(&writes()), 55);
}

#[tokio::test]
async fn an_issue_that_is_given_twice_changes_once() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let id = issue(&world, "HARBOR-2").await["id"].clone();
    let arguments = json!({
        "issues": ["HARBOR-2", "harbor-2", id], "set": {"add_hours": 1}, "comment": "a",
    });
    let text = change(&world, &daniel, arguments).await;
    assert!(text.starts_with("Changed 1 issue."), "{text}");
    assert!(text.contains("HARBOR-2 was given more than once"), "{text}");
    assert_eq!(world.sim.control().count(&writes()), 1);
}

#[tokio::test]
async fn an_error_changes_nothing() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    for (arguments, expected) in [
        (json!({"issues": "HARBOR-2"}), "set: is required"),
        (json!({"issues": "HARBOR-2", "set": {}}), "set: is required"),
        (json!({"set": {"status": "Closed"}}), "issues: is required"),
        (
            json!({"issues": ["HARBOR-2", "HARBOR-999"], "set": {"status": "Closed"}}),
            "issues: HARBOR-999 does not exist",
        ),
        (
            json!({"issues": "HARBOR-2", "set": {"status": "Opn"}}),
            "set.status: unknown status \"Opn\"; available, nearest first: \"Open\"",
        ),
        (
            json!({"issues": "HARBOR-2", "set": {"stats": "Open"}}),
            "did you mean status?",
        ),
        (
            json!({"issues": "HARBOR-2", "set": {"add_hours": 1, "spent": 2}}),
            "give either spent or add_hours",
        ),
        (
            json!({"issues": "HARBOR-2", "set": {"add_hours": -100}}),
            "set.add_hours: expected hours from 0",
        ),
        (
            json!({"issues": "HARBOR-2", "set": {"hours": "many"}}),
            "set.hours: expected hours such as 2.5, or none, received \"many\"",
        ),
        (
            json!({"issues": "HARBOR-2", "set": {"parent": "KURA-1"}}),
            "is in another project",
        ),
        (
            json!({"issues": "HARBOR-2", "comment": "a", "notify": ["Tomasz"]}),
            "notify: unknown member of the project \"Tomasz\"; available",
        ),
    ] {
        let error = world
            .call(&daniel, "change_issues", arguments.clone())
            .await
            .unwrap_err();
        assert!(error.contains(expected), "{arguments}: {error}");
    }
    assert_eq!(world.sim.control().count(&writes()), 0);
}

#[tokio::test]
async fn each_issue_has_its_own_outcome() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let refused = backlog_sim::Control::error_body(7, "statusId is odd.");
    world.sim.control().fail_next(writes(), 400, refused, 1);
    world.sim.control().drop_response(writes(), 1);
    let arguments =
        json!({"issues": ["HARBOR-2", "HARBOR-4", "HARBOR-7"], "set": {"status": "Closed"}});
    let text = change(&world, &daniel, arguments).await;
    assert!(text.starts_with("Changed 1 of 3 issues."), "{text}");
    assert!(
        text.contains("- HARBOR-2 not changed: ") && text.contains("statusId is odd"),
        "{text}"
    );
    assert!(
        text.contains("- HARBOR-4 unknown whether it was changed: "),
        "{text}"
    );
    assert!(text.contains("- HARBOR-7 status: Open → Closed"), "{text}");
    assert_eq!(world.sim.control().count(&writes()), 3);
}

#[tokio::test]
async fn a_caller_without_permission_changes_nothing() {
    let world = World::start().await;
    let arguments = json!({"issues": ["HARBOR-2", "KURA-2"], "set": {"status": "Closed"}});

    let mut restricted = world.caller(seed::DANIEL);
    restricted.policy.projects = Some(["HARBOR".to_owned()].into());
    assert!(
        world
            .call(&restricted, "change_issues", arguments.clone())
            .await
            .is_err()
    );

    let mut reader = world.caller(seed::DANIEL);
    reader.scopes = Scopes::from_iter([Scope::Read]);
    let error = world
        .call(&reader, "change_issues", arguments.clone())
        .await
        .unwrap_err();
    assert!(error.contains("scope"), "{error}");

    let mut without = world.caller(seed::DANIEL);
    without.policy.chosen = Some([crate::toolkit::toolset::Toolset::Wiki].into());
    assert!(
        world
            .call(&without, "change_issues", arguments)
            .await
            .is_err()
    );
    assert_eq!(world.sim.control().count(&writes()), 0);
}

#[tokio::test]
async fn a_filter_selects_issues_after_a_preview() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let filter = json!({"project": "HARBOR", "milestone": "2026.11"});
    let mut arguments = json!({"where": filter, "set": {"milestone": "2027.01"}});
    let preview = change(&world, &daniel, arguments.clone()).await;
    assert!(
        preview.starts_with("Nothing is changed yet. 8 issues would change:"),
        "{preview}"
    );
    assert_eq!(world.sim.control().count(&writes()), 0);

    // Another issue gets the milestone meanwhile.
    arguments["expect"] = digest(&preview).into();
    let other = json!({"issues": "HARBOR-4", "set": {"milestone": "2026.11"}});
    change(&world, &world.caller(seed::MAJA), other).await;
    let again = change(&world, &daniel, arguments.clone()).await;
    assert!(again.contains("9 issues would change:"), "{again}");
    assert_eq!(world.sim.control().count(&writes()), 1);

    arguments["expect"] = digest(&again).into();
    let text = change(&world, &daniel, arguments.clone()).await;
    assert!(text.starts_with("Changed 9 issues."), "{text}");
    assert!(
        text.contains("HARBOR-4 milestone: 2026.11 → 2027.01"),
        "{text}"
    );
    let error = world
        .call(&daniel, "change_issues", arguments)
        .await
        .unwrap_err();
    assert!(error.contains("no issue is selected"), "{error}");
    // A closed issue keeps its milestone.
    assert_eq!(
        issue(&world, "HARBOR-3").await["milestone"][0]["name"],
        "2026.09"
    );
}

#[tokio::test]
async fn a_filter_is_checked() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let set = json!({"priority": "low"});
    for (arguments, expected) in [
        (
            json!({"where": {"status": "Opn"}, "set": set}),
            "where.status: ",
        ),
        (
            json!({"where": {"project": "HARBOR"}, "issues": "HARBOR-1", "set": set}),
            "give either issues or where",
        ),
        (
            json!({"where": {"projct": "HARBOR"}, "set": set}),
            "did you mean project?",
        ),
        (json!({"where": {}, "set": set}), "issues: is required"),
    ] {
        let error = world
            .call(&daniel, "change_issues", arguments.clone())
            .await
            .unwrap_err();
        assert!(error.contains(expected), "{arguments}: {error}");
    }
    let mut restricted = world.caller(seed::DANIEL);
    restricted.policy.projects = Some(["OPS".to_owned()].into());
    let arguments = json!({"where": {"status": "all"}, "set": set});
    let text = change(&world, &restricted, arguments).await;
    assert!(
        !text.contains("HARBOR-") && !text.contains("KURA-"),
        "{text}"
    );
    assert_eq!(world.sim.control().count(&writes()), 0);
}
