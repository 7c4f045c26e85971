//! The issues that the user closed, by the change logs.

use std::collections::BTreeSet;

use futures_util::FutureExt;
use serde_json::{Value, json};

use super::{
    lists, shown,
    task::{Done, Task},
};
use crate::efficiency::{agent::Agent, world::USER};

/// Last week in Tokyo.
pub(super) const START: &str = "2026-11-15T15:00:00Z";
pub(super) const END: &str = "2026-11-22T15:00:00Z";

pub(super) fn task() -> Task {
    Task {
        text: "What did I close last week?",
        upstream: |agent| upstream(agent).boxed_local(),
        classic: |agent| classic(agent, "me".into()).boxed_local(),
        work: |agent| work(agent).boxed_local(),
        check: |done| check(done).boxed_local(),
    }
}

async fn upstream(agent: &mut Agent) -> anyhow::Result<Value> {
    let me = agent.json("get_myself", json!({})).await?;
    classic(agent, me["id"].clone()).await
}

async fn classic(agent: &mut Agent, user: Value) -> anyhow::Result<Value> {
    let arguments = json!({"userId": user});
    let tool = "get_user_recent_updates";
    let activities = lists::activities_since(agent, tool, arguments, START).await?;
    Ok(of_last_week(&activities).into_iter().collect())
}

/// The keys of the issues that were closed last week in these activities.
pub(super) fn of_last_week(activities: &[Value]) -> BTreeSet<String> {
    let is_in_time =
        |activity: &&Value| lists::moment(&activity["created"]) < lists::moment(&END.into());
    let closings = activities.iter().filter(is_in_time).filter(|activity| {
        let mut changes = activity["content"]["changes"]
            .as_array()
            .into_iter()
            .flatten();
        changes.any(closes)
    });
    closings.filter_map(key).collect()
}

fn closes(change: &Value) -> bool {
    match change.as_str() {
        // A concise result has `status: Open → Closed`.
        Some(text) => text.strip_prefix("status: ").is_some_and(|values| {
            let new = values.rsplit("→").next().unwrap_or_default();
            shown::is_closed(new.trim())
        }),
        None => {
            change["field"] == "status"
                && shown::is_closed(change["new_value"].as_str().unwrap_or_default())
        }
    }
}

/// The key of the issue of an activity.
fn key(activity: &Value) -> Option<String> {
    let project = &activity["project"];
    let project = project.as_str().or_else(|| project["projectKey"].as_str());
    Some(format!("{}-{}", project?, activity["content"]["key_id"]))
}

async fn work(agent: &mut Agent) -> anyhow::Result<Value> {
    let arguments = json!({"assignee": "me", "closed": "last week"});
    let found = agent.call("find_issues", arguments).await?;
    Ok(shown::keys_of_rows(&found.text))
}

async fn check(done: &Done) -> anyhow::Result<()> {
    let closed = closed(done, Some(USER)).await?;
    done.answers(closed.into_iter().collect::<Value>())
}

/// The keys of the issues that were closed last week, by a user if one is given, by the change log
/// of every issue.
pub(super) async fn closed(done: &Done, user: Option<u64>) -> anyhow::Result<BTreeSet<String>> {
    let mut closed = BTreeSet::new();
    for issue in &done.after {
        let key = issue["issueKey"].as_str().unwrap_or_default();
        let path = format!("issues/{key}/comments");
        let comments = done.backlog.get(&path, &[("count", "100")]).await?;
        let is_closing = |comment: &Value| {
            let at = comment["created"].as_str().unwrap_or_default();
            let is_by_user = user.is_none_or(|user| comment["createdUser"]["id"] == user);
            let mut changes = comment["changeLog"].as_array().into_iter().flatten();
            is_by_user
                && (START..END).contains(&at)
                && changes.any(|change| {
                    change["field"] == "status"
                        && shown::is_closed(shown::name(&change["newValue"]))
                })
        };
        if comments.as_array().into_iter().flatten().any(is_closing) {
            closed.insert(key.to_owned());
        }
    }
    Ok(closed)
}
