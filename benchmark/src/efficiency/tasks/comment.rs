//! A comment that notifies two users.

use std::collections::BTreeSet;

use anyhow::ensure;
use futures_util::FutureExt;
use serde_json::{Value, json};

use super::{
    lists::id_where,
    task::{Done, Task},
};
use crate::efficiency::{agent::Agent, world::USER};

const KEY: &str = "HARBOR-5";
const TEXT: &str = "Please try the labels with the new screen reader.";
const USERS: [&str; 2] = ["Maja Lindqvist", "山口 健太"];

pub(super) fn task() -> Task {
    Task {
        text: "Comment on HARBOR-5 “Please try the labels with the new screen reader.” and notify Maja \
               Lindqvist and 山口 健太.",
        upstream: |agent| upstream(agent).boxed_local(),
        classic: |agent| classic(agent).boxed_local(),
        work: |agent| work(agent).boxed_local(),
        check: |done| check(done).boxed_local(),
    }
}

async fn upstream(agent: &mut Agent) -> anyhow::Result<Value> {
    let members = agent
        .json("get_project_users", json!({"projectKey": "HARBOR"}))
        .await?;
    let [maja, kenta] = USERS.map(|name| id_where(&members, "name", name));
    let comment = json!({"issueKey": KEY, "content": TEXT, "notifiedUserId": [maja?, kenta?]});
    agent.json("add_issue_comment", comment).await
}

async fn classic(agent: &mut Agent) -> anyhow::Result<Value> {
    let comment = json!({"issueKey": KEY, "content": TEXT, "notifiedUserId": USERS});
    agent.json("add_issue_comment", comment).await
}

async fn work(agent: &mut Agent) -> anyhow::Result<Value> {
    let comment = json!({"on": KEY, "text": TEXT, "notify": USERS});
    agent.call("comment", comment).await?;
    Ok(Value::Null)
}

async fn check(done: &Done) -> anyhow::Result<()> {
    done.left_alone(&[KEY])?;
    let path = format!("issues/{KEY}/comments");
    let comments = done.backlog.get(&path, &[("count", "1")]).await?;
    let comment = &comments[0];
    ensure!(comment["content"] == TEXT, "another comment: {comment}");
    ensure!(
        comment["createdUser"]["id"] == USER,
        "of another user: {comment}"
    );
    let notified = comment["notifications"].as_array().into_iter().flatten();
    let notified: BTreeSet<_> = notified
        .filter_map(|it| it["user"]["name"].as_str())
        .collect();
    ensure!(notified == BTreeSet::from(USERS), "notified: {notified:?}");
    Ok(())
}
