//! Days among the arguments of classic tools, in the words that the work tools take.

use backlog_sim::seed::DANIEL;
use serde_json::{Value, json};

use super::World;
use crate::{calls::caller::Caller, toolkit::toolset::Toolset};

/// Daniel, with the classic tools.
fn daniel(world: &World) -> Caller {
    let mut daniel = world.caller(DANIEL);
    daniel.policy.chosen = Some(Toolset::ALL.into());
    daniel
}

/// The value of a parameter of the last request, and whether the space was read.
fn sent(world: &World, parameter: &str) -> (Option<String>, bool) {
    let journal = world.sim.control().journal();
    let has_zone = journal.iter().any(|entry| entry.path.ends_with("/space"));
    let mut sent = journal.iter().filter_map(|entry| entry.param(parameter));
    let value = sent.next_back().map(str::to_owned);
    world.sim.control().clear_journal();
    (value, has_zone)
}

#[tokio::test]
async fn a_day_is_counted_in_the_time_zone_of_the_space() {
    // A Wednesday in Tokyo, and still a Tuesday in UTC.
    let world = World::at("2026-12-01T20:00:00Z").await;
    let daniel = daniel(&world);
    for (tool, input, text, expected) in [
        ("update_issue", "dueDate", "today", "2026-12-02"),
        ("update_issue", "dueDate", "明日", "2026-12-03"),
        ("update_issue", "dueDate", "来週の金曜", "2026-12-11"),
        (
            "update_issue",
            "startDate",
            "２０２６年１２月１８日",
            "2026-12-18",
        ),
        ("get_issues", "dueDateSince", "friday", "2026-12-04"),
        ("get_issues", "createdSince", "friday", "2026-11-27"),
        ("count_issues", "updatedSince", "3 days ago", "2026-11-29"),
    ] {
        let mut arguments = json!({ input: text });
        if tool == "update_issue" {
            arguments["issueKey"] = json!("HARBOR-9");
        }
        let result = world.result(&daniel, tool, arguments).await;
        assert_ne!(result["isError"], true, "{tool} {text}: {result}");
        let (value, _) = sent(&world, input);
        assert_eq!(value.as_deref(), Some(expected), "{tool} {text}");
        let note = format!("was read as {expected}.");
        let is_absolute = text.starts_with('２');
        assert_eq!(result.to_string().contains(&note), !is_absolute, "{result}");
    }
}

#[tokio::test]
async fn an_absolute_day_costs_no_request() {
    let world = World::start().await;
    let daniel = daniel(&world);
    for text in ["2026-12-18", "2026/12/18", "2026年12月18日", "20261218"] {
        let arguments = json!({"issueKey": "HARBOR-9", "dueDate": text});
        world
            .call(&daniel, "update_issue", arguments)
            .await
            .unwrap();
        let expected = (Some("2026-12-18".to_owned()), false);
        assert_eq!(sent(&world, "dueDate"), expected, "{text}");
    }
}

#[tokio::test]
async fn a_custom_field_takes_the_same_words() {
    let world = World::start().await;
    let daniel = daniel(&world);
    let fields = json!([{"id": "Found on", "value": "yesterday"}]);
    let arguments = json!({"issueKey": "HARBOR-1", "customFields": fields});
    let result = world
        .call(&daniel, "update_issue", arguments)
        .await
        .unwrap();
    let issue: Value = serde_json::from_str(&result).unwrap();
    let fields = issue["customFields"].to_string();
    assert!(fields.contains("2026-12-01"), "{fields}");
}

#[tokio::test]
async fn anything_else_is_an_error_that_says_what_a_day_is() {
    let world = World::start().await;
    let daniel = daniel(&world);
    for (text, expected) in [
        (
            "this week",
            "\"this week\" is several days (2026-11-30..2026-12-06)",
        ),
        ("今週", "is several days (2026-11-30..2026-12-06)"),
        ("2026-02-31", "there is no 31 February 2026"),
        (
            "tomorow",
            "expected a day such as 2026-12-18, tomorrow or friday",
        ),
    ] {
        let arguments = json!({"issueKey": "HARBOR-9", "dueDate": text});
        let error = world.call(&daniel, "update_issue", arguments).await;
        let error = error.unwrap_err();
        assert!(
            error.contains("dueDate: ") && error.contains(expected),
            "{text}: {error}"
        );
        assert_eq!(sent(&world, "dueDate").0, None, "{text}");
    }
}
