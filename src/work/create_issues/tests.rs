use chrono_tz::Tz;
use futures_util::FutureExt;
use serde_json::{Map, Value, json};

use super::{
    CreateIssues, outcome_text,
    plan::{Plan, Planned},
    write::{self, Outcome},
};
use crate::{
    domain::audit_event::ToolOutcome,
    work::{issue_values, pace::tests::fake::FakeBacklog, space::Space},
};

fn call(number: usize) -> CreateIssues {
    let issues: Vec<_> = (0..number)
        .map(|n| json!({"summary": format!("Issue {n}")}))
        .collect();
    let call = json!({"project": "H", "type": "Task", "issues": issues});
    serde_json::from_value(call).unwrap()
}

fn plan(number: usize) -> Plan {
    let now = "2026-12-02T01:00:00Z".parse().unwrap();
    let issue = |n: usize| {
        let summary = format!("Issue {n}");
        Planned {
            arguments: Map::from_iter([("summary".to_owned(), json!(summary))]),
            status: None,
            settings: vec![issue_values::summary("summary", &summary).unwrap()],
            summary,
        }
    };
    Plan {
        issues: (0..number).map(issue).collect(),
        files: Vec::new(),
        notified: Vec::new(),
        notes: Vec::new(),
        space: Space::new("https://acme.backlog.com", Tz::Asia__Tokyo, now),
    }
}

/// The arguments for the rest, at the end of a text.
fn rest(text: &str) -> Value {
    let (_, arguments) = text.rsplit_once('\n').unwrap();
    serde_json::from_str(arguments).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[tokio::test]
async fn a_call_on_the_free_plan_leaves_the_exact_rest() {
    let backlog = FakeBacklog::new(15);
    let (call, plan) = (call(20), plan(20));
    let report = write::all(&backlog, &plan).await.unwrap();
    assert_eq!(report.outcomes.len(), 15);
    let text = outcome_text::text(&call, &plan, &report, 20_000);
    assert!(text.starts_with("Created 15 of 20 issues."), "{text}");
    assert!(text.contains("5 left: "), "{text}");
    let issues: Vec<_> = (15..20)
        .map(|n| json!({"summary": format!("Issue {n}")}))
        .collect();
    assert_eq!(
        rest(&text),
        json!({"project": "H", "type": "Task", "issues": issues})
    );
    // A text that is too long for the result is described.
    let text = outcome_text::text(&call, &plan, &report, 100);
    assert!(
        text.ends_with("with only the issues from Issue 15 on"),
        "{text}"
    );
}

#[tokio::test]
async fn an_issue_of_unknown_outcome_is_not_repeated() {
    let mut backlog = FakeBacklog::new(150);
    backlog.fails.insert(1, ToolOutcome::Unconfirmed);
    let (call, plan) = (call(3), plan(3));
    let report = write::all(&backlog, &plan).await.unwrap();
    assert!(matches!(report.outcomes[1], Outcome::Unconfirmed(_)));
    assert_eq!(backlog.changes().len(), 3);
    let text = outcome_text::text(&call, &plan, &report, 20_000);
    assert!(
        text.contains("unknown whether it was created: Issue 1"),
        "{text}"
    );
    assert!(!text.contains("left"), "{text}");
}

#[tokio::test]
async fn a_failure_that_applies_to_all_ends_the_call() {
    let mut backlog = FakeBacklog::new(150);
    backlog.fails.insert(0, ToolOutcome::SignInAgain);
    assert!(write::all(&backlog, &plan(3)).await.is_err());
    assert_eq!(backlog.changes().len(), 1);

    let mut backlog = FakeBacklog::new(150);
    backlog.fails.insert(1, ToolOutcome::BacklogFailed);
    let (call, plan) = (call(3), plan(3));
    let report = write::all(&backlog, &plan).await.unwrap();
    let text = outcome_text::text(&call, &plan, &report, 20_000);
    assert!(
        text.contains("Created 1 of 3") && text.contains("2 left: BacklogFailed"),
        "{text}"
    );
    assert_eq!(rest(&text)["issues"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_canceled_call_adds_no_more_issues() {
    let backlog = FakeBacklog::new(150);
    let plan = plan(3);
    let mut adding = Box::pin(write::all(&backlog, &plan));
    // Each change ends in the poll after the one that begins it.
    for _ in 0..2 {
        assert!(adding.as_mut().now_or_never().is_none());
    }
    drop(adding);
    assert_eq!(backlog.changes().len(), 1);
}
