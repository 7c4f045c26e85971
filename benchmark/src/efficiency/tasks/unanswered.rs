//! Tickets that wait for an answer.

use futures_util::FutureExt;
use serde_json::{Value, json};

use super::{
    lists, shown,
    task::{Done, Task},
};
use crate::efficiency::agent::Agent;

/// The start of the third day before today.
const THREE_DAYS_AGO: &str = "2026-11-22";

pub(super) fn task() -> Task {
    Task {
        text: "Which open tickets of SUPPORT has nobody answered for three days?",
        upstream: |agent| upstream(agent).boxed_local(),
        classic: |agent| classic(agent, "SUPPORT".into()).boxed_local(),
        work: |agent| work(agent).boxed_local(),
        check: |done| check(done).boxed_local(),
    }
}

async fn upstream(agent: &mut Agent) -> anyhow::Result<Value> {
    let project = agent
        .json("get_project", json!({"projectKey": "SUPPORT"}))
        .await?;
    classic(agent, project["id"].clone()).await
}

async fn classic(agent: &mut Agent, project: Value) -> anyhow::Result<Value> {
    let arguments = json!({"projectId": [project], "updatedUntil": THREE_DAYS_AGO});
    let issues = lists::all(agent, "get_issues", arguments, lists::ISSUES).await?;
    Ok(shown::keys(
        issues.iter().filter(|issue| shown::is_open(issue)),
    ))
}

async fn work(agent: &mut Agent) -> anyhow::Result<Value> {
    let arguments = json!({"project": ["SUPPORT"], "updated": "until 3 days ago", "limit": 200});
    let found = agent.call("find_issues", arguments).await?;
    Ok(shown::keys_of_rows(&found.text))
}

/// An open ticket is one without a comment of a member other than who reported it.
async fn check(done: &Done) -> anyhow::Result<()> {
    let mut unanswered = Vec::new();
    for issue in &done.after {
        let key = issue["issueKey"].as_str().unwrap_or_default();
        let is_old = shown::day(&issue["created"]) <= THREE_DAYS_AGO;
        if !key.starts_with("SUPPORT-") || !shown::is_open(issue) || !is_old {
            continue;
        }
        let path = format!("issues/{key}/comments");
        let comments = done.backlog.get(&path, &[("count", "100")]).await?;
        let is_answer =
            |comment: &Value| comment["createdUser"]["id"] != issue["createdUser"]["id"];
        if !comments.as_array().into_iter().flatten().any(is_answer) {
            unanswered.push(issue);
        }
    }
    done.answers(shown::keys(unanswered))
}
