//! The open issues of a milestone go to another one.

use anyhow::ensure;
use futures_util::{FutureExt, future};
use serde_json::{Value, json};

use super::{
    lists::{self, id_where},
    shown,
    task::{Done, Task},
};
use crate::efficiency::agent::Agent;

const OLD: &str = "2026.11";
const NEW: &str = "2027.01";

pub(super) fn task() -> Task {
    Task {
        text: "Move all open issues of HARBOR's milestone 2026.11 to 2027.01.",
        upstream: |agent| upstream(agent).boxed_local(),
        classic: |agent| classic(agent).boxed_local(),
        work: |agent| work(agent).boxed_local(),
        check: |done| future::ready(check(done)).boxed_local(),
    }
}

async fn upstream(agent: &mut Agent) -> anyhow::Result<Value> {
    let milestones = json!({"projectKey": "HARBOR"});
    let milestones = agent.json("get_version_milestone_list", milestones).await?;
    let old = id_where(&milestones, "name", OLD)?;
    let issues = json!({"projectId": [milestones[0]["projectId"]], "milestoneId": [old]});
    let issues = lists::all(agent, "get_issues", issues, lists::ISSUES).await?;
    move_to(agent, &issues, id_where(&milestones, "name", NEW)?).await?;
    Ok(Value::Null)
}

async fn classic(agent: &mut Agent) -> anyhow::Result<Value> {
    let issues = json!({"projectId": ["HARBOR"], "milestoneId": [OLD]});
    let issues = lists::all(agent, "get_issues", issues, lists::ISSUES).await?;
    move_to(agent, &issues, NEW.into()).await?;
    Ok(Value::Null)
}

/// Moves the open ones, one by one.
pub(super) async fn move_to(
    agent: &mut Agent,
    issues: &[Value],
    milestone: Value,
) -> anyhow::Result<()> {
    for issue in issues.iter().filter(|issue| shown::is_open(issue)) {
        let change = json!({"issueKey": issue["issueKey"], "milestoneId": [milestone]});
        agent.json("update_issue", change).await?;
    }
    Ok(())
}

async fn work(agent: &mut Agent) -> anyhow::Result<Value> {
    let mut change = json!({
        "where": {"project": ["HARBOR"], "milestone": OLD},
        "set": {"milestone": [NEW]},
    });
    confirmed(agent, &mut change).await?;
    Ok(Value::Null)
}

/// Makes changes after their preview.
pub(super) async fn confirmed(agent: &mut Agent, change: &mut Value) -> anyhow::Result<()> {
    let preview = agent.call("change_issues", change.clone()).await?;
    let expect = preview.text.split("expect: ").nth(1).map(str::trim);
    ensure!(expect.is_some(), "no value for expect: {}", preview.text);
    change["expect"] = expect.into();
    let done = agent.call("change_issues", change.clone()).await?;
    ensure!(!done.text.contains(" of "), "not all: {}", done.text);
    Ok(())
}

fn check(done: &Done) -> anyhow::Result<()> {
    moved(done, OLD, NEW)
}

/// Checks that the open issues of a milestone, and no others, have another one now.
pub(super) fn moved(done: &Done, old: &str, new: &str) -> anyhow::Result<()> {
    let is_of = |issue: &Value, milestone: &str| {
        let key = issue["issueKey"].as_str().unwrap_or_default();
        key.starts_with("HARBOR-") && issue["milestone"][0]["name"] == milestone
    };
    let of_milestone = done.before.iter().filter(|issue| is_of(issue, old));
    let open: Vec<_> = of_milestone.filter(|issue| shown::is_open(issue)).collect();
    ensure!(!open.is_empty(), "the task is empty");
    let keys: Vec<_> = open
        .iter()
        .filter_map(|issue| issue["issueKey"].as_str())
        .collect();
    for key in &keys {
        let issue = done.issue(key)?;
        ensure!(is_of(issue, new), "{key} was not moved");
        ensure!(shown::is_open(issue), "{key} was closed");
    }
    done.left_alone(&keys)
}
