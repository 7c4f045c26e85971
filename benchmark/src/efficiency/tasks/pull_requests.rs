//! The open pull requests of all repositories, with what was said about them.

use anyhow::ensure;
use futures_util::FutureExt;
use serde_json::{Value, json};

use super::{
    lists, shown,
    summary::{has_texts, texts},
    task::{Done, Task},
};
use crate::efficiency::agent::Agent;

/// The number of pull requests, and of comments, on a page.
const COUNT: usize = 50;

pub(super) fn task() -> Task {
    Task {
        text: "Review the open pull requests of HARBOR.",
        upstream: |agent| classic(agent, 1.into()).boxed_local(),
        classic: |agent| classic(agent, "Open".into()).boxed_local(),
        work: |agent| work(agent).boxed_local(),
        check: |done| check(done).boxed_local(),
    }
}

/// The number of the status is in Backlog's documentation, and in no tool.
async fn classic(agent: &mut Agent, open: Value) -> anyhow::Result<Value> {
    let repositories = json!({"projectKey": "HARBOR"});
    let repositories = agent.json("get_git_repositories", repositories).await?;
    let mut read = Vec::new();
    for repository in repositories.as_array().into_iter().flatten() {
        let repository = shown::name(repository);
        let listed = json!({"projectKey": "HARBOR", "repoName": repository, "statusId": [open]});
        for pull_request in lists::all(agent, "get_pull_requests", listed, COUNT).await? {
            let comments = json!({
                "projectKey": "HARBOR", "repoName": repository, "count": COUNT,
                "number": pull_request["number"],
            });
            let reply = agent.call("get_pull_request_comments", comments).await?;
            ensure!(!reply.goes_on(), "more comments than are read");
            read.push(pull_request);
            read.push(reply.json()?);
        }
    }
    Ok(texts(&read.into()).join("\n").into())
}

async fn work(agent: &mut Agent) -> anyhow::Result<Value> {
    let reply = agent
        .call("pull_requests", json!({"project": "HARBOR"}))
        .await?;
    Ok(reply.text.into())
}

async fn check(done: &Done) -> anyhow::Result<()> {
    let path = "projects/HARBOR/git/repositories";
    let repositories = done.backlog.get(path, &[]).await?;
    for repository in repositories.as_array().into_iter().flatten() {
        let path = format!("{path}/{}/pullRequests", repository["id"]);
        let open = [("statusId[]", "1"), ("count", "100")];
        let listed = done.backlog.get(&path, &open).await?;
        for pull_request in listed.as_array().into_iter().flatten() {
            has_texts(
                done,
                [&pull_request["summary"], &pull_request["description"]],
            )?;
            let path = format!("{path}/{}/comments", pull_request["number"]);
            let comments = done.backlog.get(&path, &[("count", "100")]).await?;
            let comments = comments.as_array().into_iter().flatten();
            has_texts(done, comments.map(|comment| &comment["content"]))?;
        }
    }
    Ok(())
}
