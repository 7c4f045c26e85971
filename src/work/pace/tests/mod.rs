pub(crate) mod fake;

use serde_json::json;

use super::*;
use crate::domain::audit_event::ToolOutcome;
use fake::FakeBacklog;

/// Makes changes until the call ends; returns the number that was made.
async fn make(backlog: &FakeBacklog, number: usize) -> usize {
    let mut pace = Pace::start(backlog, "update_issue", number);
    for place in 0..number {
        let written = match pace.turn(1).await {
            Ok(true) => pace.write("update_issue", &json!({"place": place})).await,
            Ok(false) => Written::Late,
            Err(error) => Written::Stopped(error),
        };
        match written {
            Written::Done(_) => pace.note_done(),
            _ => return place,
        }
    }
    number
}

#[tokio::test]
async fn changes_within_the_limit_do_not_wait() {
    let backlog = FakeBacklog::new(150);
    assert_eq!(make(&backlog, 50).await, 50);
    assert_eq!(backlog.waits(), 0);
}

#[tokio::test]
async fn a_change_beyond_the_limit_waits_for_the_next_minute() {
    let mut backlog = FakeBacklog::new(15);
    backlog.takes = Duration::from_millis(1500);
    // The first minute ends after 40 changes of this length.
    assert_eq!(make(&backlog, 16).await, 15);
    assert!(backlog.waits() > 15, "{}", backlog.waits());
    assert_eq!(backlog.changes().len(), 15);
    // The next call waits for the rest of the minute.
    assert_eq!(make(&backlog, 5).await, 5);
    assert_eq!(backlog.changes().len(), 20);
}

#[tokio::test]
async fn a_call_ends_in_time_with_what_is_done() {
    let mut backlog = FakeBacklog::new(150);
    backlog.takes = Duration::from_secs(1);
    let start = backlog.now();
    assert_eq!(make(&backlog, 60).await, 45);
    assert_eq!((backlog.now() - start).num_seconds(), 45);
}

#[tokio::test]
async fn a_change_that_exceeded_the_limit_is_made_again_and_no_other() {
    for (outcome, number, expected) in [
        (ToolOutcome::RateLimited, 2, 2),
        (ToolOutcome::Unconfirmed, 1, 0),
        (ToolOutcome::Refused, 1, 0),
        (ToolOutcome::BacklogFailed, 1, 0),
    ] {
        let mut backlog = FakeBacklog::new(150);
        backlog.fails.insert(0, outcome);
        let made = make(&backlog, 1).await;
        assert_eq!(backlog.changes().len(), number, "{outcome:?}");
        assert_eq!(made > 0, expected > 0, "{outcome:?}");
    }
}

#[tokio::test]
async fn more_changes_than_a_minute_allows_still_begin() {
    let backlog = FakeBacklog::new(15);
    assert_eq!(make(&backlog, 1).await, 1);
    let mut pace = Pace::start(&backlog, "add_issue", 1);
    assert!(pace.turn(100).await.unwrap());
    assert_eq!(make(&backlog, 6).await, 6);
    assert!(!pace.turn(100).await.unwrap());
    // The next minute begins.
    let mut pace = Pace::start(&backlog, "add_issue", 1);
    assert!(pace.turn(100).await.unwrap());
}
