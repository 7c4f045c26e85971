//! A document found, another one added.

use futures_util::FutureExt;
use serde_json::{Value, json};

use super::{
    Scenario,
    run::{Run, id_where},
};

pub fn scenario() -> Scenario {
    Scenario {
        toolset: "document",
        task: "Read the supplier contacts of the operations desk and start a document about spare parts there.",
        here: |run| here(run).boxed_local(),
        upstream: |run| upstream(run).boxed_local(),
    }
}

async fn here(run: &Run) {
    the_work(run, json!("Operations desk")).await;
}

async fn upstream(run: &Run) {
    let projects = run.call("get_project_list", json!({})).await;
    the_work(run, id_where(&projects, "name", "Operations desk")).await;
}

async fn the_work(run: &Run, project: Value) {
    let documents = run
        .call("get_documents", json!({"projectIds": [project]}))
        .await;
    let id = id_where(&documents, "title", "Supplier contacts");
    let document = run.call("get_document", json!({"documentId": id})).await;
    assert_eq!(document["plain"], "Switches: see the contract folder.");
    let new = json!({"projectId": project, "title": "Spare parts", "content": "# Cables"});
    let added = run.call("add_document", new).await;
    assert_eq!(added["projectId"], backlog_sim::seed::OPS);
}
