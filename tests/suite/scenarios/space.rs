//! What a colleague has been doing.

use futures_util::FutureExt;
use serde_json::{Value, json};

use super::{
    Scenario,
    run::{Run, id_where},
};

pub fn scenario() -> Scenario {
    Scenario {
        toolset: "space",
        task: "What has Maja Lindqvist been doing lately, and how many stars did she get in October?",
        here: |run| here(run).boxed_local(),
        upstream: |run| upstream(run).boxed_local(),
    }
}

async fn here(run: &Run) {
    the_answer(run, json!("Maja Lindqvist")).await;
}

async fn upstream(run: &Run) {
    let users = run.call("get_users", json!({})).await;
    the_answer(run, id_where(&users, "name", "Maja Lindqvist")).await;
}

async fn the_answer(run: &Run, user: Value) {
    let updates = run
        .call(
            "get_user_recent_updates",
            json!({"userId": user, "count": 5}),
        )
        .await;
    assert_eq!(updates[0]["createdUser"]["name"], "Maja Lindqvist");
    let october = json!({"userId": user, "since": "2026-10-01", "until": "2026-10-31"});
    let stars = run.call("get_user_stars_count", october).await;
    assert_eq!(stars["count"], 3);
}
