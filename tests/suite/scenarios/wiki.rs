//! A page read, another one written.

use futures_util::FutureExt;
use serde_json::{Value, json};

use super::{
    Scenario,
    run::{Run, id_where},
};

pub fn scenario() -> Scenario {
    Scenario {
        toolset: "wiki",
        task: "Follow the deployment runbook of the harbor booking portal, and add a page Runbook/Tides beside it.",
        here: |run| here(run).boxed_local(),
        upstream: |run| upstream(run).boxed_local(),
    }
}

async fn here(run: &Run) {
    let pages = json!({"projectId": "Harbor booking portal", "keyword": "Deployment"});
    the_work(run, pages, json!("Harbor booking portal")).await;
}

async fn upstream(run: &Run) {
    let projects = run.call("get_project_list", json!({})).await;
    let project = id_where(&projects, "name", "Harbor booking portal");
    let pages = json!({"projectId": project, "keyword": "Deployment"});
    the_work(run, pages, project).await;
}

async fn the_work(run: &Run, pages: Value, project: Value) {
    let pages = run.call("get_wiki_pages", pages).await;
    let id = id_where(&pages, "name", "Runbook/Deployment");
    let page = run.call("get_wiki", json!({"wikiId": id})).await;
    assert!(
        page["content"]
            .as_str()
            .is_some_and(|text| text.contains("one pod at a time"))
    );
    let page =
        json!({"projectId": project, "name": "Runbook/Tides", "content": "Ask the harbour."});
    let added = run.call("add_wiki", page).await;
    assert_eq!(added["projectId"], backlog_sim::seed::HARBOR);
}
