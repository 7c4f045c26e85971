//! Overdue issues; a status of a project's own counts as open.

use futures_util::{FutureExt, future};
use serde_json::{Value, json};

use super::{
    lists, shown,
    task::{Done, Task},
};
use crate::efficiency::{agent::Agent, world::USER};

/// The day before today.
pub(super) const YESTERDAY: &str = "2026-11-24";

pub(super) fn task() -> Task {
    Task {
        text: "Which of my issues are overdue, by project?",
        upstream: |agent| upstream(agent).boxed_local(),
        classic: |agent| classic(agent, "me".into()).boxed_local(),
        work: |agent| work(agent).boxed_local(),
        check: |done| future::ready(check(done)).boxed_local(),
    }
}

async fn upstream(agent: &mut Agent) -> anyhow::Result<Value> {
    let me = agent.json("get_myself", json!({})).await?;
    classic(agent, me["id"].clone()).await
}

/// The statuses of all projects are not known, so closed issues are left out afterwards.
async fn classic(agent: &mut Agent, user: Value) -> anyhow::Result<Value> {
    let arguments = json!({"assigneeId": [user], "dueDateUntil": YESTERDAY});
    let issues = lists::all(agent, "get_issues", arguments, lists::ISSUES).await?;
    Ok(shown::keys(
        issues.iter().filter(|issue| shown::is_open(issue)),
    ))
}

async fn work(agent: &mut Agent) -> anyhow::Result<Value> {
    let arguments = json!({"assignee": "me", "due": "overdue", "group_by": "project"});
    let found = agent.call("find_issues", arguments).await?;
    Ok(shown::keys_of_rows(&found.text))
}

fn check(done: &Done) -> anyhow::Result<()> {
    let overdue = done.after.iter().filter(|issue| is_overdue(issue));
    let mine = overdue.filter(|issue| issue["assignee"]["id"] == USER);
    done.answers(shown::keys(mine))
}

pub(super) fn is_overdue(issue: &Value) -> bool {
    let due = shown::day(&issue["dueDate"]);
    shown::is_open(issue) && !due.is_empty() && due <= YESTERDAY
}
