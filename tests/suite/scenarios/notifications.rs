//! What is new. No names here: both ways are one.

use futures_util::FutureExt;
use serde_json::json;

use super::{Scenario, run::Run};

pub fn scenario() -> Scenario {
    Scenario {
        toolset: "notifications",
        task: "What is new for me? Show the last three and mark the newest as read.",
        here: |run| the_work(run).boxed_local(),
        upstream: |run| the_work(run).boxed_local(),
    }
}

async fn the_work(run: &Run) {
    let unread = json!({"alreadyRead": false, "resourceAlreadyRead": false});
    let count = run.call("count_notifications", unread).await;
    assert!(
        count["count"].as_u64().is_some_and(|count| count >= 3),
        "{count}"
    );
    let newest = run.call("get_notifications", json!({"count": 3})).await;
    assert_eq!(newest.as_array().map(Vec::len), Some(3));
    let id = newest[0]["id"].clone();
    run.call("mark_notification_as_read", json!({"id": id}))
        .await;
}
