//! `inbox`: unread notifications.

use backlog_sim::seed::{DANIEL, KENTA, MAJA, TOMASZ};
use serde_json::json;

use super::World;
use crate::{calls::caller::Caller, toolkit::toolset::Toolset};

const TOOL: &str = "inbox";

/// Adds a comment that notifies Daniel.
async fn notify(world: &World, caller: &Caller, key: &str, text: &str) {
    let mut caller = caller.clone();
    caller.policy.chosen = Some(Toolset::ALL.into());
    let arguments = json!({"issueKey": key, "content": text, "notifiedUserId": [DANIEL]});
    world
        .call(&caller, "add_issue_comment", arguments)
        .await
        .unwrap();
}

#[tokio::test]
async fn unread_notifications_are_grouped_with_their_reasons() {
    let world = World::start().await;
    let maja = world.caller(MAJA);
    notify(&world, &maja, "HARBOR-1", "Please look.").await;
    notify(&world, &maja, "OPS-2", "And | here\n# now").await;
    notify(&world, &maja, "HARBOR-1", "Again.").await;
    let daniel = world.caller(DANIEL);
    let text = world
        .call(&daniel, TOOL, json!({"limit": 3}))
        .await
        .unwrap();
    assert!(
        text.starts_with("Part of a longer list: the newest 3 of "),
        "{text}"
    );
    assert_eq!(text.matches("## HARBOR-1").count(), 1, "{text}");
    assert!(
        text.contains("Maja Lindqvist commented: “Again.”"),
        "{text}"
    );
    assert!(
        !text.lines().any(|line| line.starts_with("# now")),
        "{text}"
    );
    let text = world
        .call(&daniel, TOOL, json!({"project": "ops"}))
        .await
        .unwrap();
    assert!(
        text.contains("## OPS-2") && !text.contains("HARBOR-1 "),
        "{text}"
    );
    assert!(!text.contains("Part of"), "{text}");
}

#[tokio::test]
async fn read_notifications_are_left_out() {
    let world = World::start().await;
    let kenta = world.caller(KENTA);
    let text = world
        .call(&kenta, TOOL, json!({"limit": 100}))
        .await
        .unwrap();
    assert!(!text.contains(", read)"), "{text}");
    let tomasz = world.caller(TOMASZ);
    let text = world.call(&tomasz, TOOL, json!({})).await.unwrap();
    assert_eq!(text, "No unread notification.\n");
}

#[tokio::test]
async fn a_restricted_caller_sees_only_its_projects() {
    let world = World::start().await;
    let maja = world.caller(MAJA);
    notify(&world, &maja, "HARBOR-1", "Secret harbor.").await;
    notify(&world, &maja, "OPS-2", "Ops.").await;
    let mut daniel = world.caller(DANIEL);
    daniel.policy.projects = Some(["OPS".to_owned()].into());
    let text = world
        .call(&daniel, TOOL, json!({"limit": 100}))
        .await
        .unwrap();
    assert!(text.contains("OPS-2") && !text.contains("Secret"), "{text}");
}

#[tokio::test]
async fn a_list_continues_to_its_end() {
    let world = World::start().await;
    let maja = world.caller(MAJA);
    for number in 1..=5 {
        notify(&world, &maja, "OPS-2", &format!("Note {number} of five.")).await;
    }
    let daniel = world.caller(DANIEL);
    let (mut seen, mut before) = (String::new(), json!(null));
    for _ in 0..100 {
        let arguments = json!({"limit": 2, "before": before});
        let page = world.result(&daniel, TOOL, arguments).await;
        let text = page["content"][0]["text"].as_str().unwrap();
        seen.push_str(text);
        let next = page["structuredContent"]["next_before"].clone();
        let advice = format!("continue with before {next}.");
        assert_eq!(text.contains(&advice), !next.is_null(), "{text}");
        if next.is_null() {
            break;
        }
        before = next;
    }
    let whole = world
        .call(&daniel, TOOL, json!({"limit": 100}))
        .await
        .unwrap();
    for number in 1..=5 {
        let note = format!("Note {number} of five.");
        assert_eq!(seen.matches(&note).count(), 1, "{seen}");
        assert_eq!(whole.matches(&note).count(), 1, "{whole}");
    }
    let lines = |text: &str| text.lines().filter(|line| line.starts_with("- ")).count();
    assert_eq!(lines(&seen), lines(&whole), "{seen}");
}

#[tokio::test]
async fn a_wrong_input_is_an_error() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    for (arguments, expected) in [
        (json!({"limit": 0}), "limit: expected 1 to 100"),
        (json!({"limit": 101}), "limit: expected 1 to 100"),
        (
            json!({"before": -1}),
            "before: expected the id of a notification",
        ),
        (
            json!({"project": "HRB"}),
            "project: unknown project \"HRB\"",
        ),
        (json!({"unread": true}), "unknown input \"unread\""),
    ] {
        let error = world
            .call(&daniel, TOOL, arguments.clone())
            .await
            .unwrap_err();
        assert!(error.contains(expected), "{arguments}: {error}");
    }
}
