//! Who works on something.

use futures_util::FutureExt;
use serde_json::{Value, json};

use super::{
    Scenario,
    run::{Run, id_where},
};

pub fn scenario() -> Scenario {
    Scenario {
        toolset: "project",
        task: "Who works on the harbor booking portal?",
        here: |run| here(run).boxed_local(),
        upstream: |run| upstream(run).boxed_local(),
    }
}

async fn here(run: &Run) {
    the_answer(run, json!({"projectId": "Harbor booking portal"})).await;
}

async fn upstream(run: &Run) {
    let projects = run.call("get_project_list", json!({})).await;
    let id = id_where(&projects, "name", "Harbor booking portal");
    the_answer(run, json!({"projectId": id})).await;
}

async fn the_answer(run: &Run, arguments: Value) {
    let users = run.call("get_project_users", arguments).await;
    assert_eq!(users.as_array().map(Vec::len), Some(5));
}
