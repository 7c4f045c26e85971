//! Five issues below another one.

use anyhow::ensure;
use futures_util::{FutureExt, future};
use serde_json::{Value, json};

use super::{
    lists::id_where,
    task::{Done, Task},
};
use crate::efficiency::agent::Agent;

/// Summary, assignee, priority.
const ITEMS: [(&str, &str, &str); 5] = [
    (
        "Collect the mails with a broken subject",
        "Daniel Okafor",
        "High",
    ),
    ("Encode the subject once", "山口 健太", "High"),
    (
        "Test with the five largest mail programs",
        "Maja Lindqvist",
        "Normal",
    ),
    ("お知らせを掲載する", "佐藤 遥", "Low"),
    ("Watch the bounces for a week", "Maja Lindqvist", "Low"),
];
const PARENT: &str = "HARBOR-7";

pub(super) fn task() -> Task {
    Task {
        text: "Create five tasks below HARBOR-7 from this list, which has a user and a priority for each.",
        upstream: |agent| upstream(agent).boxed_local(),
        classic: |agent| classic(agent).boxed_local(),
        work: |agent| work(agent).boxed_local(),
        check: |done| future::ready(check(done)).boxed_local(),
    }
}

async fn upstream(agent: &mut Agent) -> anyhow::Result<Value> {
    let parent = agent.json("get_issue", json!({"issueKey": PARENT})).await?;
    let types = agent
        .json("get_issue_types", json!({"projectKey": "HARBOR"}))
        .await?;
    let priorities = agent.json("get_priorities", json!({})).await?;
    let members = agent
        .json("get_project_users", json!({"projectKey": "HARBOR"}))
        .await?;
    for (summary, assignee, priority) in ITEMS {
        let issue = json!({
            "projectId": parent["projectId"],
            "parentIssueId": parent["id"],
            "summary": summary,
            "issueTypeId": id_where(&types, "name", "Task")?,
            "priorityId": id_where(&priorities, "name", priority)?,
            "assigneeId": id_where(&members, "name", assignee)?,
        });
        agent.json("add_issue", issue).await?;
    }
    Ok(Value::Null)
}

async fn classic(agent: &mut Agent) -> anyhow::Result<Value> {
    for (summary, assignee, priority) in ITEMS {
        let issue = json!({
            "projectId": "HARBOR", "parentIssueId": PARENT, "summary": summary,
            "issueTypeId": "Task", "priorityId": priority, "assigneeId": assignee,
        });
        agent.json("add_issue", issue).await?;
    }
    Ok(Value::Null)
}

async fn work(agent: &mut Agent) -> anyhow::Result<Value> {
    let issues = ITEMS.map(|(summary, assignee, priority)| {
        json!({"summary": summary, "assignee": assignee, "priority": priority})
    });
    let arguments = json!({
        "project": "HARBOR", "parent": PARENT, "type": "Task", "issues": issues,
    });
    agent.call("create_issues", arguments).await?;
    Ok(Value::Null)
}

fn check(done: &Done) -> anyhow::Result<()> {
    let parent = &done.issue(PARENT)?["id"];
    done.left_alone(&[])?;
    let added = done.added();
    ensure!(
        added.len() == ITEMS.len(),
        "{} issues were added",
        added.len()
    );
    for (summary, assignee, priority) in ITEMS {
        let is_it = |issue: &&Value| {
            issue["summary"] == summary
                && issue["assignee"]["name"] == assignee
                && issue["priority"]["name"] == priority
                && issue["issueType"]["name"] == "Task"
                && issue["parentIssueId"] == *parent
        };
        ensure!(
            added.iter().filter(is_it).count() == 1,
            "not added: {summary}"
        );
    }
    Ok(())
}
