//! The values that issues take: each is read, removed, moved or refused before anything is sent.

use backlog_sim::{Matcher, seed};
use serde_json::{Value, json};

use super::World;
use crate::calls::caller::Caller;

fn writes() -> Matcher {
    Matcher::any().method("PATCH")
}

fn additions() -> Matcher {
    Matcher::path("/api/v2/issues").method("POST")
}

async fn set(world: &World, caller: &Caller, key: &str, set: Value) -> Result<String, String> {
    let arguments = json!({"issues": key, "set": set});
    world.call(caller, "change_issues", arguments).await
}

#[tokio::test]
async fn none_removes_each_value_that_an_issue_need_not_have() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let full = json!({
        "description": "a", "assignee": "me", "due": "2026-12-20", "start": "2026-12-10",
        "hours": "８．５", "spent": "2時間", "milestone": "2026.11", "category": "Payments",
        "resolution": "Fixed", "parent": "HARBOR-7",
        "fields": [{"name": "Severity", "value": "S1"}, {"name": "Users affected", "value": "５"}],
    });
    set(&world, &daniel, "HARBOR-2", full).await.unwrap();
    for (field, expected) in [
        ("description", "description: removed"),
        ("assignee", "assignee: Daniel Okafor → none"),
        ("due", "due: 2026-12-20 → none"),
        ("start", "start: 2026-12-10 → none"),
        ("hours", "hours: 8.5 → none"),
        ("spent", "spent: 2 → none"),
        ("milestone", "milestone: 2026.11 → none"),
        ("category", "category: Payments → none"),
        ("resolution", "resolution: Fixed → none"),
        ("parent", "parent: another issue → none"),
    ] {
        let text = set(&world, &daniel, "HARBOR-2", json!({field: "なし"})).await;
        let text = text.unwrap_or_else(|error| panic!("{field}: {error}"));
        assert!(text.contains(expected), "{field}: {text}");
    }
    let fields = json!({"fields": [
        {"name": "Severity", "value": "none"}, {"name": "Users affected", "value": "none"},
    ]});
    let text = set(&world, &daniel, "HARBOR-2", fields).await.unwrap();
    assert!(
        text.contains("Severity: S1 → none; Users affected: 5 → none"),
        "{text}"
    );
    let done = world.sim.control().count(&writes());
    for (field, expected) in [
        ("summary", "set.summary: cannot be removed"),
        ("type", "set.type: unknown issue type \"none\"; available"),
        ("status", "set.status: unknown status \"none\"; available"),
        (
            "priority",
            "set.priority: unknown priority \"none\"; available",
        ),
        ("add_hours", "set.add_hours: expected a number"),
    ] {
        let error = set(&world, &daniel, "HARBOR-2", json!({field: "none"}))
            .await
            .unwrap_err();
        assert!(error.contains(expected), "{field}: {error}");
    }
    assert_eq!(world.sim.control().count(&writes()), done);
}

#[tokio::test]
async fn a_signed_day_counts_from_the_issue() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let days = json!({"due": "2026-12-20", "start": "2026-12-10"});
    set(&world, &daniel, "HARBOR-2", days).await.unwrap();
    for (values, expected) in [
        (json!({"due": "+1 week"}), "due: 2026-12-20 → 2026-12-27"),
        (json!({"due": "-3 days"}), "due: 2026-12-27 → 2026-12-24"),
        (json!({"due": "1週間延長"}), "due: 2026-12-24 → 2026-12-31"),
        (json!({"start": "+2d"}), "start: 2026-12-10 → 2026-12-12"),
        // Without a sign it counts from today, the 2nd.
        (
            json!({"start": "in 3 days"}),
            "start: 2026-12-12 → 2026-12-05",
        ),
    ] {
        let text = set(&world, &daniel, "HARBOR-2", values).await.unwrap();
        assert!(text.contains(expected), "{text}");
    }
    set(&world, &daniel, "HARBOR-2", json!({"due": "none"}))
        .await
        .unwrap();
    let done = world.sim.control().count(&writes());
    let error = set(&world, &daniel, "HARBOR-2", json!({"due": "+1 week"}))
        .await
        .unwrap_err();
    assert!(
        error.contains("HARBOR-2: set.due: there is no due day to count from"),
        "{error}"
    );
    assert_eq!(world.sim.control().count(&writes()), done);
}

#[tokio::test]
async fn names_with_a_sign_are_added_and_removed() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    for (values, expected) in [
        (
            json!({"category": "+Booking"}),
            "category: Payments → Payments, Booking",
        ),
        (
            json!({"category": ["-payments"]}),
            "category: Booking, Payments → Booking",
        ),
        (
            json!({"category": "+Payments, －Booking"}),
            "category: Booking → Payments",
        ),
        (
            json!({"milestone": ["+2027.01"]}),
            "milestone: 2026.11 → 2026.11, 2027.01",
        ),
        (
            json!({"milestone": "2027.01"}),
            "milestone: 2026.11, 2027.01 → 2027.01",
        ),
    ] {
        let text = set(&world, &daniel, "HARBOR-2", values.clone()).await;
        let text = text.unwrap_or_else(|error| panic!("{values}: {error}"));
        assert!(text.contains(expected), "{values}: {text}");
    }
    for (values, expected) in [
        (
            json!({"category": ["+Booking", "Payments"]}),
            "set.category: either every name has",
        ),
        (
            json!({"category": "+Bokings"}),
            "unknown category \"Bokings\"",
        ),
    ] {
        let error = set(&world, &daniel, "HARBOR-2", values).await.unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn an_issue_does_not_start_after_it_is_due() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    for key in ["HARBOR-2", "HARBOR-4"] {
        let days = json!({"due": "2026-12-20", "start": "2026-12-10"});
        set(&world, &daniel, key, days).await.unwrap();
    }
    let done = world.sim.control().count(&writes());
    let arguments = json!({"issues": ["HARBOR-2", "HARBOR-4"], "set": {"start": "2026-12-24"}});
    let error = world
        .call(&daniel, "change_issues", arguments)
        .await
        .unwrap_err();
    for key in ["HARBOR-2", "HARBOR-4"] {
        let expected = format!("{key}: start 2026-12-24 would be after due 2026-12-20");
        assert!(error.contains(&expected), "{error}");
    }
    let error = set(&world, &daniel, "HARBOR-2", json!({"due": "2026-12-09"}))
        .await
        .unwrap_err();
    assert!(
        error.contains("start 2026-12-10 would be after due 2026-12-09"),
        "{error}"
    );
    assert_eq!(world.sim.control().count(&writes()), done);
    let arguments = json!({
        "project": "HARBOR", "type": "Task", "due": "2026-12-09",
        "issues": [{"summary": "a"}, {"summary": "b", "start": "2026-12-10"}],
    });
    let error = world
        .call(&daniel, "create_issues", arguments)
        .await
        .unwrap_err();
    assert!(
        error.contains("issues[1]: start 2026-12-10 would be after due"),
        "{error}"
    );
    assert_eq!(world.sim.control().count(&additions()), 0);
}

#[tokio::test]
async fn all_wrong_inputs_are_reported_at_once() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    for (tool, arguments, expected) in [
        (
            "change_issues",
            json!({
                "issues": "HARBOR-2", "notify": ["Tomasz", "Zzz"],
                "set": {
                    "status": "Opn", "assignee": "Zz", "due": "soon", "hours": "many",
                    "category": ["Xx", "Yy"], "parent": "KURA-1",
                    "fields": [{"name": "Severity", "value": "S9"}],
                },
            }),
            vec![
                "set.status: ",
                "set.assignee: ",
                "set.due: ",
                "set.hours: ",
                "\"Xx\"",
                "\"Yy\"",
                "set.parent: ",
                "set.fields: Severity: ",
                "\"Tomasz\"",
                "\"Zzz\"",
            ],
        ),
        (
            "create_issues",
            json!({
                "project": "HARBOR", "type": "Bgu", "notify": "Zzz",
                "issues": [
                    {"summary": "a", "due": "soon"}, {"summary": "none", "priority": "x"},
                    {"summary": "c", "type": "Task", "start": "2026-12-04", "due": "2026-12-03"},
                ],
            }),
            vec![
                "type: ",
                "issues[0].due: ",
                "issues[1].summary: ",
                "issues[1].priority: ",
                "issues[2]: start 2026-12-04 would be after due 2026-12-03",
                "notify: ",
            ],
        ),
        (
            "change_issues",
            json!({"issues": ["harbor", "HARBOR-2", "x!"], "set": {"status": "Closed"}}),
            vec!["\"harbor\"", "\"x!\""],
        ),
        (
            "find_issues",
            json!({
                "project": "HARBOR", "status": "Opn", "assignee": "Zz", "type": "Bgu",
                "priority": "x", "due": "soon", "created": "sometime", "parent": "?",
                "fields": [{"name": "Svrty", "value": "1"}],
            }),
            vec![
                "status: ",
                "assignee: ",
                "type: ",
                "priority: ",
                "due: ",
                "created: ",
                "parent: ",
                "fields: ",
            ],
        ),
        (
            "comment",
            json!({"on": "HARBOR-2", "text": "a", "notify": ["Xx", "Yy"]}),
            vec!["\"Xx\"", "\"Yy\""],
        ),
    ] {
        let error = world.call(&daniel, tool, arguments).await.unwrap_err();
        for expected in expected {
            assert!(error.contains(expected), "{tool}: {expected}: {error}");
        }
    }
    assert_eq!(world.sim.control().count(&writes()), 0);
}

#[tokio::test]
async fn a_value_that_backlog_would_refuse_is_refused_before() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let field = |name: &str, value: &str| json!({"fields": [{"name": name, "value": value}]});
    for (values, expected) in [
        (
            field("Users affected", "-1"),
            "Users affected: expected 0 to 100000, received \"-1\"",
        ),
        (
            field("Found on", "2025-12-31"),
            "Found on: expected at least 2026-01-01",
        ),
        (
            field("Severity", "S9"),
            "Severity: unknown item \"S9\"; available, nearest first:",
        ),
        (
            field("Timeline", "10:00 a"),
            "HARBOR-2: set.fields: issues of this type do not have the custom field Timeline",
        ),
        (
            field("Timeline", "none"),
            "Timeline: cannot be removed, because it is required",
        ),
        (
            json!({"parent": "HARBOR-2"}),
            "HARBOR-2: set.parent: an issue cannot be its own parent",
        ),
    ] {
        let error = set(&world, &daniel, "HARBOR-2", values.clone())
            .await
            .unwrap_err();
        assert!(error.contains(expected), "{values}: {error}");
    }
    assert_eq!(world.sim.control().count(&writes()), 0);
    let own = set(&world, &daniel, "HARBOR-2", field("Reported by", "Fax"))
        .await
        .unwrap();
    assert!(own.contains("Reported by: none → Fax"), "{own}");
}

#[tokio::test]
async fn the_refusal_of_a_parent_names_its_cause() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    set(&world, &daniel, "HARBOR-2", json!({"parent": "HARBOR-7"}))
        .await
        .unwrap();
    let done = world.sim.control().count(&writes());
    for (key, parent, expected) in [
        (
            "HARBOR-4",
            "HARBOR-2",
            "set.parent: HARBOR-2 is a child issue itself",
        ),
        (
            "HARBOR-4",
            "KURA-1",
            "set.parent: KURA-1 is in another project",
        ),
        (
            "OPS-1",
            "OPS-2",
            "set.parent: the project has no child issues",
        ),
    ] {
        let error = set(&world, &daniel, key, json!({"parent": parent}))
            .await
            .unwrap_err();
        assert!(error.contains(expected), "{key}: {error}");
    }
    assert_eq!(world.sim.control().count(&writes()), done);
    let error = set(&world, &daniel, "HARBOR-7", json!({"parent": "HARBOR-4"}))
        .await
        .unwrap_err();
    assert!(
        error.contains("An issue that has child issues cannot become one"),
        "{error}"
    );
}

#[tokio::test]
async fn a_call_of_which_nothing_was_done_is_an_error() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let refuse = |number| {
        let refused = backlog_sim::Control::error_body(7, "odd");
        world
            .sim
            .control()
            .fail_next(Matcher::any().method("PATCH"), 400, refused, number);
    };
    let change = json!({"issues": ["HARBOR-2", "HARBOR-4"], "set": {"status": "Closed"}});
    refuse(2);
    let error = world
        .call(&daniel, "change_issues", change.clone())
        .await
        .unwrap_err();
    assert!(
        error.starts_with("Changed 0 of 2 issues.\n- HARBOR-2 not changed: "),
        "{error}"
    );
    refuse(1);
    let text = world.call(&daniel, "change_issues", change).await.unwrap();
    assert!(text.starts_with("Changed 1 of 2 issues."), "{text}");
    let refused = backlog_sim::Control::error_body(7, "odd");
    world.sim.control().fail_next(additions(), 400, refused, 1);
    let create = json!({"project": "HARBOR", "type": "Task", "issues": [{"summary": "a"}]});
    let error = world
        .call(&daniel, "create_issues", create)
        .await
        .unwrap_err();
    assert!(
        error.starts_with("Created 0 of 1 issues.\n- not created: a: "),
        "{error}"
    );
}

#[tokio::test]
async fn issues_are_found_by_custom_fields() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let values = json!({"fields": [
        {"name": "Severity", "value": "S1"}, {"name": "Users affected", "value": "42"},
        {"name": "Found on", "value": "2026-11-20"}, {"name": "Ticket ref", "value": "crane-9"},
    ]});
    set(&world, &daniel, "HARBOR-2", values).await.unwrap();
    for (name, value) in [
        ("severity", "S1"),
        ("Severity", "s1, S2"),
        ("Users affected", "40..50"),
        ("Users affected", ">=42"),
        ("Found on", "11/20"),
        ("Found on", "until 2026-11-20"),
        ("Ticket ref", "crane-9"),
    ] {
        let arguments = json!({
            "project": "HARBOR", "fields": [{"name": name, "value": value}],
        });
        let found = world.call(&daniel, "find_issues", arguments).await;
        let found = found.unwrap_or_else(|error| panic!("{name} {value}: {error}"));
        assert!(found.contains("| HARBOR-2 |"), "{name} {value}: {found}");
        assert!(!found.contains("| HARBOR-4 |"), "{name} {value}: {found}");
    }
    let empty = json!({"project": "HARBOR", "fields": [{"name": "Severity", "value": "none"}]});
    let found = world.call(&daniel, "find_issues", empty).await.unwrap();
    assert!(
        !found.contains("| HARBOR-2 |") && found.contains("| HARBOR-4 |"),
        "{found}"
    );
    let both = json!({
        "where": {"project": "HARBOR", "fields": [{"name": "Severity", "value": "S1"}]},
        "set": {"priority": "low"},
    });
    let preview = world.call(&daniel, "change_issues", both).await.unwrap();
    assert!(preview.contains("HARBOR-2 "), "{preview}");
    assert!(
        preview.contains("Closed issues are left out; status all includes them."),
        "{preview}"
    );
}

#[tokio::test]
async fn a_day_without_a_year_is_read_by_what_it_filters() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    for (input, text, read) in [
        ("due", "until 11/20", "..2026-11-20"),
        ("due", "11月20日", "2026-11-20"),
        ("due", "1/10", "2027-01-10"),
        ("created", "10/1", "2026-10-01"),
        ("created", "since 12/18", "2025-12-18.."),
        ("updated", "10-1", "2026-10-01"),
        ("closed", "11/20", "2026-11-20"),
    ] {
        let arguments = json!({"project": "HARBOR", input: text});
        let found = world.call(&daniel, "find_issues", arguments).await;
        let found = found.unwrap_or_else(|error| panic!("{input} {text}: {error}"));
        let note = format!("Note: {input} {text:?} was read as {read}.");
        assert!(found.contains(&note), "{found}");
    }
    let error = set(&world, &daniel, "HARBOR-2", json!({"due": "10/1"}))
        .await
        .unwrap_err();
    assert!(
        error.contains("is ambiguous; give 2027-10-01 or 2027-01-10"),
        "{error}"
    );
}

#[tokio::test]
async fn keys_may_be_separated_by_spaces() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    for (place, keys) in [
        "HARBOR-2 HARBOR-4",
        "harbor-2　harbor-4",
        "HARBOR-2、HARBOR-4",
        "HARBOR-2\nHARBOR-4",
    ]
    .into_iter()
    .enumerate()
    {
        let values = json!({"hours": place + 1});
        let text = set(&world, &daniel, keys, values).await.unwrap();
        assert!(text.starts_with("Changed 2 issues."), "{keys}: {text}");
    }
}
