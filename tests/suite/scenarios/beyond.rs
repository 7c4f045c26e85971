//! Tasks that upstream's tools cannot do, one for each set beyond theirs.

use backlog_sim::{Id, seed};
use futures_util::{FutureExt, future::LocalBoxFuture};
use serde_json::json;

use super::run::{Run, id_where};

/// A task of a set that upstream's server does not have.
pub struct Beyond {
    pub toolset: &'static str,
    pub task: &'static str,
    pub user: Id,
    pub way: fn(&Run) -> LocalBoxFuture<'_, ()>,
}

pub fn all() -> [Beyond; 6] {
    [
        Beyond {
            toolset: "files",
            task: "Attach these tide times to HARBOR-1 as tides.csv.",
            user: seed::DANIEL,
            way: |run| files(run).boxed_local(),
        },
        Beyond {
            toolset: "activity",
            task: "Who was told of the latest comment on HARBOR-1? Give it a star.",
            user: seed::DANIEL,
            way: |run| activity(run).boxed_local(),
        },
        Beyond {
            toolset: "settings",
            task: "Give HARBOR a status \"Waiting for the tide\", and put HARBOR-1 to it.",
            user: seed::HARUKA,
            way: |run| settings(run).boxed_local(),
        },
        Beyond {
            toolset: "members",
            task: "Make Maja Lindqvist an administrator of HARBOR.",
            user: seed::HARUKA,
            way: |run| members(run).boxed_local(),
        },
        Beyond {
            toolset: "webhooks",
            task: "Have new issues of HARBOR posted to our build server, unless they are already.",
            user: seed::HARUKA,
            way: |run| webhooks(run).boxed_local(),
        },
        Beyond {
            toolset: "administration",
            task: "How much of the space's storage is used, and how much of it by HARBOR?",
            user: seed::HARUKA,
            way: |run| administration(run).boxed_local(),
        },
    ]
}

async fn files(run: &Run) {
    let file = json!({"filename": "tides.csv", "text": "day,high\n2026-11-23,04:12\n"});
    let uploaded = run.call("upload_attachment", file).await;
    let comment = json!({
        "issueKey": "HARBOR-1", "content": "The tides", "attachmentId": [uploaded["id"]],
    });
    run.call("add_issue_comment", comment).await;
}

async fn activity(run: &Run) {
    let latest = json!({"issueKey": "HARBOR-1", "count": 1});
    let comments = run.call("get_issue_comments", latest).await;
    let comment = &comments[0]["id"];
    let told = json!({"issueKey": "HARBOR-1", "commentId": comment});
    run.call("get_issue_comment_notifications", told).await;
    let star = json!({"kind": "comment", "id": comment});
    run.call("add_star", star).await;
}

async fn settings(run: &Run) {
    let status = json!({
        "projectIdOrKey": "HARBOR", "name": "Waiting for the tide", "color": "#3b9dbd",
    });
    run.call("add_status", status).await;
    let change = json!({"issueKey": "HARBOR-1", "statusId": "Waiting for the tide"});
    let issue = run.call("update_issue", change).await;
    assert_eq!(issue["status"]["name"], "Waiting for the tide");
}

async fn members(run: &Run) {
    let members = json!({"projectKey": "HARBOR"});
    let members = run.call("get_project_users", members).await;
    let maja = id_where(&members, "name", "Maja Lindqvist");
    let administrator = json!({"projectIdOrKey": "HARBOR", "userId": maja});
    run.call("add_project_administrator", administrator).await;
}

async fn webhooks(run: &Run) {
    let project = json!({"projectIdOrKey": "HARBOR"});
    let webhooks = run.call("get_webhooks", project).await;
    let url = "https://build.example.com/backlog";
    let items = webhooks.as_array().expect("a list");
    assert!(items.iter().all(|webhook| webhook["hookUrl"] != url));
    let webhook = json!({
        "projectIdOrKey": "HARBOR", "name": "Build", "hookUrl": url, "activityTypeIds": [1],
    });
    run.call("add_webhook", webhook).await;
}

async fn administration(run: &Run) {
    run.call("get_space_disk_usage", json!({})).await;
    let project = json!({"projectIdOrKey": "HARBOR"});
    let usage = run.call("get_project_disk_usage", project).await;
    assert_eq!(usage["projectId"], seed::HARBOR);
}
