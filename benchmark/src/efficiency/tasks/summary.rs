//! One issue, with all of its comments.

use anyhow::ensure;
use futures_util::FutureExt;
use serde_json::{Value, json};

use super::{
    lists,
    task::{Done, Task},
};
use crate::efficiency::agent::Agent;

const COMMENTS: usize = 100;

pub(super) fn task() -> Task {
    Task {
        text: "Summarize HARBOR-1 with all of its comments.",
        upstream: |agent| classic(agent).boxed_local(),
        classic: |agent| classic(agent).boxed_local(),
        work: |agent| work(agent).boxed_local(),
        check: |done| check(done).boxed_local(),
    }
}

async fn classic(agent: &mut Agent) -> anyhow::Result<Value> {
    let issue = agent
        .json("get_issue", json!({"issueKey": "HARBOR-1"}))
        .await?;
    let mut arguments = json!({"issueKey": "HARBOR-1", "count": COMMENTS, "order": "asc"});
    let mut comments = Vec::new();
    loop {
        let reply = agent.call("get_issue_comments", arguments.clone()).await?;
        let page = lists::list(reply.json()?)?;
        let is_last = page.len() < COMMENTS && !reply.goes_on() || page.is_empty();
        comments.extend(page);
        if is_last {
            break;
        }
        arguments["minId"] = comments.last().map_or(Value::Null, |it| it["id"].clone());
    }
    Ok(texts(&json!([issue, comments])).join("\n").into())
}

async fn work(agent: &mut Agent) -> anyhow::Result<Value> {
    let mut arguments = json!({"id": "HARBOR-1", "comments": COMMENTS});
    let mut read = String::new();
    loop {
        let part = agent.json("fetch", arguments).await?;
        read.push_str(part["text"].as_str().unwrap_or_default());
        match part["metadata"]["next"].as_str() {
            Some(next) => arguments = json!({"id": next}),
            None => return Ok(read.into()),
        }
    }
}

/// All texts in a result.
pub(super) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

async fn check(done: &Done) -> anyhow::Result<()> {
    done.left_alone(&[])?;
    let issue = done.issue("HARBOR-1")?;
    let comments = done
        .backlog
        .get("issues/HARBOR-1/comments", &[("count", "100")])
        .await?;
    has_texts(done, [&issue["summary"], &issue["description"]])?;
    has_texts(
        done,
        issue["attachments"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|it| &it["name"]),
    )?;
    for comment in comments.as_array().into_iter().flatten() {
        has_texts(done, [&comment["content"]])?;
        let changes = comment["changeLog"].as_array().into_iter().flatten();
        has_texts(done, changes.map(|change| &change["newValue"]))?;
    }
    Ok(())
}

/// Checks that every line of these texts was read.
pub(super) fn has_texts<'a>(
    done: &Done,
    expected: impl IntoIterator<Item = &'a Value>,
) -> anyhow::Result<()> {
    let read = done.answer.as_str().unwrap_or_default();
    for text in expected {
        for line in text.as_str().unwrap_or_default().lines() {
            ensure!(read.contains(line.trim()), "not read: {line}");
        }
    }
    Ok(())
}
