//! A bug, with a file.

use anyhow::{bail, ensure};
use futures_util::{FutureExt, future};
use serde_json::{Value, json};

use super::{
    lists::id_where,
    task::{Done, Task},
};
use crate::efficiency::agent::Agent;

const SUMMARY: &str = "The booking page hangs at the checkout";
const FILE: &str = "checkout.log";
const LOG: &str = "\
2026-11-25T08:58:01.120+09:00 INFO  checkout: begin booking=48213 berth=14 nights=3
2026-11-25T08:58:01.377+09:00 INFO  prices: 3 nights, summer=false, total=1260.00 DKK
2026-11-25T08:58:01.402+09:00 INFO  payments: session 7f3c opened
2026-11-25T08:58:31.403+09:00 WARN  payments: no response after 30 s, attempt 1 of 3
2026-11-25T08:59:01.404+09:00 WARN  payments: no response after 30 s, attempt 2 of 3
2026-11-25T08:59:31.405+09:00 ERROR payments: no response after 30 s, attempt 3 of 3
2026-11-25T08:59:31.406+09:00 ERROR checkout: booking=48213 is left in state CONFIRMING
2026-11-25T08:59:31.406+09:00 DEBUG checkout: lock on berth=14 is kept until 09:13:31
";

pub(super) fn task() -> Task {
    Task {
        text: "File a bug in HARBOR: “The booking page hangs at the checkout”, high priority, to me, due \
               Friday. Attach this log.",
        upstream: |agent| upstream(agent).boxed_local(),
        classic: |agent| classic(agent).boxed_local(),
        work: |agent| work(agent).boxed_local(),
        check: |done| future::ready(check(done)).boxed_local(),
    }
}

/// No tool uploads a file: the log becomes the description.
async fn upstream(agent: &mut Agent) -> anyhow::Result<Value> {
    let types = agent
        .json("get_issue_types", json!({"projectKey": "HARBOR"}))
        .await?;
    let priorities = agent.json("get_priorities", json!({})).await?;
    let me = agent.json("get_myself", json!({})).await?;
    let bug = json!({
        "projectId": types[0]["projectId"],
        "summary": SUMMARY,
        "description": LOG,
        "issueTypeId": id_where(&types, "name", "Bug")?,
        "priorityId": id_where(&priorities, "name", "High")?,
        "assigneeId": me["id"],
        "dueDate": "2026-11-27",
    });
    agent.json("add_issue", bug).await
}

async fn classic(agent: &mut Agent) -> anyhow::Result<Value> {
    let file = json!({"filename": FILE, "text": LOG});
    let file = agent.json("upload_attachment", file).await?;
    let bug = json!({
        "projectId": "HARBOR",
        "summary": SUMMARY,
        "issueTypeId": "Bug",
        "priorityId": "High",
        "assigneeId": "me",
        "dueDate": "2026-11-27",
        "attachmentId": [file["id"]],
    });
    agent.json("add_issue", bug).await
}

async fn work(agent: &mut Agent) -> anyhow::Result<Value> {
    let bug = json!({
        "project": "HARBOR",
        "issues": [{
            "summary": SUMMARY, "type": "Bug", "priority": "High", "assignee": "me", "due": "friday",
        }],
        "files": [{"name": FILE, "text": LOG}],
    });
    agent.call("create_issues", bug).await?;
    Ok(Value::Null)
}

fn check(done: &Done) -> anyhow::Result<()> {
    done.left_alone(&[])?;
    let [bug] = done.added() else {
        bail!("{} issues were added", done.added().len());
    };
    ensure!(bug["summary"] == SUMMARY, "another summary: {bug}");
    ensure!(bug["issueType"]["name"] == "Bug", "another type: {bug}");
    ensure!(bug["priority"]["name"] == "High", "another priority: {bug}");
    ensure!(
        bug["assignee"]["name"] == "Daniel Okafor",
        "another assignee: {bug}"
    );
    ensure!(
        bug["dueDate"] == "2026-11-27T00:00:00Z",
        "another day: {bug}"
    );
    let files = bug["attachments"].as_array().map(Vec::as_slice);
    let [file] = files.unwrap_or_default() else {
        bail!("the log is not attached");
    };
    ensure!(
        file["name"] == FILE && file["size"] == LOG.len(),
        "another file: {file}"
    );
    Ok(())
}
