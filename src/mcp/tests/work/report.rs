//! `report`: sums of the work in a project or of a user.

use backlog_sim::seed::{DANIEL, HARUKA, MAJA, TOMASZ};
use serde_json::json;

use super::World;
use crate::toolkit::toolset::Toolset;

const TOOL: &str = "report";

async fn change(world: &World, user: backlog_sim::Id, key: &str, set: serde_json::Value) {
    let mut caller = world.caller(user);
    caller.policy.chosen = Some(Toolset::ALL.into());
    let mut arguments = set;
    arguments["issueKey"] = key.into();
    world
        .call(&caller, "update_issue", arguments)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_week_has_what_was_added_closed_commented_and_is_overdue() {
    let world = World::start().await;
    change(
        &world,
        DANIEL,
        "HARBOR-2",
        json!({"statusId": "Closed", "comment": "Done."}),
    )
    .await;
    change(&world, MAJA, "HARBOR-8", json!({"statusId": "Closed"})).await;
    let daniel = world.caller(DANIEL);
    let text = world
        .call(&daniel, TOOL, json!({"about": "week", "project": "HARBOR"}))
        .await;
    let text = text.unwrap();
    assert!(
        text.starts_with("# HARBOR, 2026-11-26..2026-12-02\n"),
        "{text}"
    );
    assert!(
        text.contains(
            "0 added, 2 closed, 1 comment (Daniel Okafor 1); 13 open, 11 of them overdue."
        ),
        "{text}"
    );
    assert!(
        text.contains(
            "HARBOR-2 “Move card payments to the new gateway” (2026-12-02 by Daniel Okafor)"
        ),
        "{text}"
    );
    let arguments =
        json!({"about": "週報", "project": "HARBOR", "person": "Maja", "period": "今日"});
    let text = world.call(&daniel, TOOL, arguments).await.unwrap();
    assert!(
        text.contains("0 added, 1 closed, 0 comments on 0 issues;"),
        "{text}"
    );
}

#[tokio::test]
async fn a_workload_is_by_user() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let text = world
        .call(
            &daniel,
            TOOL,
            json!({"about": "workload", "project": "OPS"}),
        )
        .await;
    let text = text.unwrap();
    assert!(text.contains("7 open issues on 2026-12-02."), "{text}");
    assert!(text.contains("| Daniel Okafor | 2 |"), "{text}");
    assert!(text.contains("| nobody | 2 |"), "{text}");
    assert!(
        text.contains("Members without an open issue: Tomasz Nowak."),
        "{text}"
    );
    let arguments = json!({"about": "負荷", "person": "me"});
    let text = world.call(&daniel, TOOL, arguments).await.unwrap();
    assert!(
        text.contains("# Workload, all joined projects; you"),
        "{text}"
    );
    assert!(!text.contains("Maja"), "{text}");
}

#[tokio::test]
async fn spent_hours_are_those_of_the_period_by_who_added_them() {
    let world = World::start().await;
    change(&world, DANIEL, "HARBOR-2", json!({"actualHours": 2.5})).await;
    change(&world, DANIEL, "HARBOR-2", json!({"actualHours": 4})).await;
    change(
        &world,
        MAJA,
        "HARBOR-10",
        json!({"actualHours": 1, "dueDate": "2026-12-20"}),
    )
    .await;
    let daniel = world.caller(DANIEL);
    let text = world
        .call(
            &daniel,
            TOOL,
            json!({"about": "hours", "project": "HARBOR"}),
        )
        .await;
    let text = text.unwrap();
    assert!(
        text.starts_with("# Hours, HARBOR, 2026-12-01..2026-12-31\n"),
        "{text}"
    );
    assert!(
        text.contains("| Daniel Okafor | 4 | 4 | 0 | 1 | 0 |"),
        "{text}"
    );
    assert!(
        text.contains("| Maja Lindqvist | 0 | 1 | 1 | 0 | 0 |"),
        "{text}"
    );
    assert!(text.contains("| all | 4 | 5 | 1 | 1 | 0 |"), "{text}");
    let arguments = json!({"about": "工数", "project": "HARBOR", "period": "先月"});
    let text = world.call(&daniel, TOOL, arguments).await.unwrap();
    assert!(
        text.contains("# Hours, HARBOR, 2026-11-01..2026-11-30"),
        "{text}"
    );
}

#[tokio::test]
async fn a_milestone_has_progress_burn_down_and_what_is_left() {
    let world = World::start().await;
    change(&world, DANIEL, "HARBOR-9", json!({"statusId": "Closed"})).await;
    let daniel = world.caller(DANIEL);
    let arguments = json!({"about": "milestone", "project": "HARBOR", "milestone": "2027.01"});
    let text = world.call(&daniel, TOOL, arguments).await.unwrap();
    assert!(
        text.contains("1 of 3 issues closed (33 %), 2 left: Open 2."),
        "{text}"
    );
    assert!(text.contains("| 2026-11-30 | 0 | 1 | 2 |"), "{text}");
    assert!(
        text.contains("## Left (2)") && text.contains("| HARBOR-14 |"),
        "{text}"
    );
    assert!(!text.contains("| HARBOR-9 |"), "{text}");
    let error = world
        .call(
            &daniel,
            TOOL,
            json!({"about": "milestone", "project": "HARBOR"}),
        )
        .await;
    let error = error.unwrap_err();
    assert!(
        error.contains("milestone: is required; available: "),
        "{error}"
    );
    assert!(error.contains("2027.01"), "{error}");
}

#[tokio::test]
async fn an_activity_is_counted_and_listed() {
    let world = World::start().await;
    change(
        &world,
        DANIEL,
        "HARBOR-2",
        json!({"statusId": "In Progress"}),
    )
    .await;
    change(&world, DANIEL, "KURA-10", json!({"comment": "| x\n# y"})).await;
    change(&world, MAJA, "HARBOR-8", json!({"statusId": "Closed"})).await;
    let haruka = world.caller(HARUKA);
    let arguments = json!({"about": "activity", "person": "Daniel", "period": "today"});
    let text = world.call(&haruka, TOOL, arguments).await.unwrap();
    assert!(
        text.contains("2 activities: changes of issues 1, comments on issues 1."),
        "{text}"
    );
    assert!(text.contains("By project: HARBOR 1, KURA 1."), "{text}");
    assert!(text.contains("status: Open → In Progress"), "{text}");
    assert!(
        !text.contains("Maja") && !text.lines().any(|line| line.starts_with("# y")),
        "{text}"
    );
    let arguments = json!({"about": "activity", "project": "HARBOR", "period": "today"});
    let text = world.call(&haruka, TOOL, arguments).await.unwrap();
    assert!(text.contains("By user: "), "{text}");
    assert!(!text.contains("KURA"), "{text}");
}

#[tokio::test]
async fn an_empty_period_and_a_wrong_input_are_said() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let arguments = json!({"about": "activity", "period": "2020-01-01"});
    let text = world.call(&daniel, TOOL, arguments).await.unwrap();
    assert!(text.contains("No activity."), "{text}");
    for (arguments, expected) in [
        (
            json!({"about": "month"}),
            "about: expected week, workload, hours, milestone or activity",
        ),
        (json!({}), "about: is required"),
        (
            json!({"about": "week", "period": "someday"}),
            "period: expected",
        ),
        (
            json!({"about": "week", "person": "nobody"}),
            "person: expected a user",
        ),
        (
            json!({"about": "week", "project": "NOPE"}),
            "project: unknown project",
        ),
        (
            json!({"about": "milestone", "project": "HARBOR", "milestone": "9"}),
            "milestone: unknown",
        ),
    ] {
        let error = world.call(&daniel, TOOL, arguments.clone()).await;
        let error = error.expect_err(&arguments.to_string());
        assert!(error.contains(expected), "{arguments}: {error}");
    }
}

#[tokio::test]
async fn a_restricted_caller_sees_only_the_sums_of_its_projects() {
    let world = World::start().await;
    change(&world, DANIEL, "KURA-10", json!({"statusId": "完了"})).await;
    change(&world, DANIEL, "HARBOR-2", json!({"statusId": "Closed"})).await;
    let mut daniel = world.caller(DANIEL);
    daniel.policy.projects = Some(["HARBOR".to_owned()].into());
    for about in ["week", "workload", "hours", "activity"] {
        let arguments = json!({"about": about, "person": "me", "period": "today"});
        let text = world.call(&daniel, TOOL, arguments).await.unwrap();
        assert!(!text.contains("KURA"), "{text}");
    }
    let text = world
        .call(&daniel, TOOL, json!({"about": "week"}))
        .await
        .unwrap();
    assert!(text.contains("1 closed"), "{text}");
    let tomasz = world.caller(TOMASZ);
    let text = world
        .call(&tomasz, TOOL, json!({"about": "week"}))
        .await
        .unwrap();
    assert!(text.contains("0 closed"), "{text}");
}
