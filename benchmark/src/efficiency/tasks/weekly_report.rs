//! The issues that were added and closed in a week, and those that are overdue.

use anyhow::Context;
use futures_util::FutureExt;
use serde_json::{Value, json};

use super::{
    closed_issues::{self, START},
    lists,
    overdue::{YESTERDAY, is_overdue},
    shown,
    task::{Done, Task},
};
use crate::efficiency::agent::Agent;

pub(super) fn task() -> Task {
    Task {
        text: "Weekly report of HARBOR for last week: how many issues were added and closed, and how many \
               are overdue?",
        upstream: |agent| upstream(agent).boxed_local(),
        classic: |agent| classic(agent, "HARBOR".into()).boxed_local(),
        work: |agent| work(agent).boxed_local(),
        check: |done| check(done).boxed_local(),
    }
}

async fn upstream(agent: &mut Agent) -> anyhow::Result<Value> {
    let project = agent
        .json("get_project", json!({"projectKey": "HARBOR"}))
        .await?;
    classic(agent, project["id"].clone()).await
}

async fn classic(agent: &mut Agent, project: Value) -> anyhow::Result<Value> {
    let added = json!({
        "projectId": [project], "createdSince": "2026-11-16", "createdUntil": "2026-11-22",
    });
    let added = agent.json("count_issues", added).await?;
    let tool = "get_space_activities";
    let activities = lists::activities_since(agent, tool, json!({}), START).await?;
    let closed = closed_issues::of_last_week(&activities);
    let closed = closed
        .iter()
        .filter(|key| key.starts_with("HARBOR-"))
        .count();
    let due = json!({"projectId": [project], "dueDateUntil": YESTERDAY});
    let due = lists::all(agent, "get_issues", due, lists::ISSUES).await?;
    let overdue = due.iter().filter(|issue| shown::is_open(issue)).count();
    Ok(json!([added["count"], closed, overdue]))
}

async fn work(agent: &mut Agent) -> anyhow::Result<Value> {
    let report = json!({"about": "week", "project": ["HARBOR"], "period": "last week"});
    let report = agent.call("report", report).await?;
    let number = |word| shown::number_before(&report.text, word).context(word);
    Ok(json!([
        number(" added")?,
        number(" closed")?,
        number(" of them overdue")?
    ]))
}

async fn check(done: &Done) -> anyhow::Result<()> {
    let is_of_project = |key: &str| key.starts_with("HARBOR-");
    let issues: Vec<_> = done
        .after
        .iter()
        .filter(|issue| is_of_project(issue["issueKey"].as_str().unwrap_or_default()))
        .collect();
    let is_new = |issue: &Value| {
        (START..closed_issues::END).contains(&issue["created"].as_str().unwrap_or_default())
    };
    let added = issues.iter().filter(|issue| is_new(issue)).count();
    let closed = closed_issues::closed(done, None).await?;
    let closed = closed.iter().filter(|key| is_of_project(key)).count();
    let overdue = issues.iter().filter(|issue| is_overdue(issue)).count();
    done.answers(json!([added, closed, overdue]))
}
