//! From a report to an issue, one handed on, and what is left for today.

use futures_util::FutureExt;
use serde_json::{Value, json};

use super::{
    Scenario,
    run::{Run, id_where},
};

pub fn scenario() -> Scenario {
    Scenario {
        toolset: "issue",
        task: "Report a bug in HARBOR: high priority, category Booking, milestone 2026.11, for Maja Lindqvist. \
               Then put KURA-2 to レビュー待ち, and tell me my open issues in both projects.",
        here: |run| here(run).boxed_local(),
        upstream: |run| upstream(run).boxed_local(),
    }
}

async fn here(run: &Run) {
    let bug = json!({
        "projectId": "HARBOR", "summary": SUMMARY, "issueTypeId": "Bug", "priorityId": "High",
        "categoryId": ["Booking"], "milestoneId": ["2026.11"], "assigneeId": "Maja Lindqvist",
    });
    let move_on = json!({"issueKey": "KURA-2", "statusId": "レビュー待ち"});
    let mine = json!({
        "projectId": ["HARBOR", "KURA"], "statusId": ["Open", "未対応"], "assigneeId": ["me"],
    });
    the_work(run, bug, move_on, mine).await;
}

async fn upstream(run: &Run) {
    let projects = run.call("get_project_list", json!({})).await;
    let harbor = id_where(&projects, "projectKey", "HARBOR");
    let kura = id_where(&projects, "projectKey", "KURA");
    let in_harbor = json!({"projectKey": "HARBOR"});
    let types = run.call("get_issue_types", in_harbor.clone()).await;
    let priorities = run.call("get_priorities", json!({})).await;
    let categories = run.call("get_categories", in_harbor.clone()).await;
    let milestones = run
        .call("get_version_milestone_list", in_harbor.clone())
        .await;
    let members = run.call("get_project_users", in_harbor).await;
    let bug = json!({
        "projectId": harbor, "summary": SUMMARY,
        "issueTypeId": id_where(&types, "name", "Bug"),
        "priorityId": id_where(&priorities, "name", "High"),
        "categoryId": [id_where(&categories, "name", "Booking")],
        "milestoneId": [id_where(&milestones, "name", "2026.11")],
        "assigneeId": id_where(&members, "name", "Maja Lindqvist"),
    });
    // No tool lists the statuses: an issue that has it shows its id.
    let issues = run.call("get_issues", json!({"projectId": [kura]})).await;
    let move_on = json!({"issueKey": "KURA-2", "statusId": status(&issues, "レビュー待ち")});
    let me = run.call("get_myself", json!({})).await;
    let open = status(&issues, "未対応");
    let mine = json!({"projectId": [harbor, kura], "statusId": [open], "assigneeId": [me["id"]]});
    the_work(run, bug, move_on, mine).await;
}

fn status(issues: &Value, name: &str) -> Value {
    let mut statuses = issues
        .as_array()
        .expect("issues")
        .iter()
        .map(|issue| &issue["status"]);
    let found = statuses.find(|status| status["name"] == name);
    found.expect("an issue that has it")["id"].clone()
}

const SUMMARY: &str = "The calendar skips 29 February";

async fn the_work(run: &Run, bug: Value, move_on: Value, mine: Value) {
    let added = run.call("add_issue", bug).await;
    assert_eq!(added["issueKey"], "HARBOR-19");
    assert_eq!(added["issueType"]["name"], "Bug");
    assert_eq!(added["priority"]["name"], "High");
    assert_eq!(added["category"][0]["name"], "Booking");
    assert_eq!(added["milestone"][0]["name"], "2026.11");
    assert_eq!(added["assignee"]["name"], "Maja Lindqvist");
    let moved = run.call("update_issue", move_on).await;
    assert_eq!(moved["status"]["name"], "レビュー待ち");
    let mine = run.call("get_issues", mine).await;
    let keys: Vec<_> = mine
        .as_array()
        .expect("issues")
        .iter()
        .map(|issue| &issue["issueKey"])
        .collect();
    assert_eq!(keys, ["KURA-12", "HARBOR-16", "HARBOR-2"]);
}
