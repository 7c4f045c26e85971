//! Pull requests that wait.

use futures_util::FutureExt;
use serde_json::{Value, json};

use super::{
    Scenario,
    run::{Run, id_where},
};

pub fn scenario() -> Scenario {
    Scenario {
        toolset: "git",
        task: "Which open pull requests of HARBOR's portal wait for me? Give number 3 to Maja Lindqvist.",
        here: |run| here(run).boxed_local(),
        upstream: |run| upstream(run).boxed_local(),
    }
}

async fn here(run: &Run) {
    the_work(run, json!("Open"), json!("me"), json!("Maja Lindqvist")).await;
}

async fn upstream(run: &Run) {
    let me = run.call("get_myself", json!({})).await;
    let members = run
        .call("get_project_users", json!({"projectKey": "HARBOR"}))
        .await;
    let maja = id_where(&members, "name", "Maja Lindqvist");
    the_work(run, json!(1), me["id"].clone(), maja).await;
}

async fn the_work(run: &Run, open: Value, me: Value, maja: Value) {
    let waiting = json!({
        "projectKey": "HARBOR", "repoName": "portal", "statusId": [open], "assigneeId": [me],
    });
    let waiting = run.call("get_pull_requests", waiting).await;
    assert_eq!(waiting[0]["number"], 2);
    assert_eq!(waiting.as_array().map(Vec::len), Some(1));
    let change = json!({
        "projectKey": "HARBOR", "repoName": "portal", "number": 3, "assigneeId": maja,
    });
    let changed = run.call("update_pull_request", change).await;
    assert_eq!(changed["assignee"]["name"], "Maja Lindqvist");
}
