//! Issues that are likely to be the same as another one.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use futures_util::{FutureExt, future};
use serde_json::{Value, json};

use super::{
    lists, shown,
    task::{Done, Task},
};
use crate::efficiency::agent::Agent;

const KEY: &str = "HARBOR-10";
/// Searches that the summary “Double booking when two skippers confirm at once” suggests.
const SEARCHES: [&str; 2] = ["double booking", "skippers"];
/// The number of candidates that a user would look at.
const FIRST: usize = 3;

pub(super) fn task() -> Task {
    Task {
        text: "Is HARBOR-10 a duplicate of something?",
        upstream: |agent| upstream(agent).boxed_local(),
        classic: |agent| classic(agent).boxed_local(),
        work: |agent| work(agent).boxed_local(),
        check: |done| future::ready(check(done)).boxed_local(),
    }
}

async fn upstream(agent: &mut Agent) -> anyhow::Result<Value> {
    let issue = agent.json("get_issue", json!({"issueKey": KEY})).await?;
    search(agent, issue["projectId"].clone()).await
}

async fn classic(agent: &mut Agent) -> anyhow::Result<Value> {
    agent.json("get_issue", json!({"issueKey": KEY})).await?;
    search(agent, "HARBOR".into()).await
}

/// Orders what is found by the words in common.
async fn search(agent: &mut Agent, project: Value) -> anyhow::Result<Value> {
    let mut candidates = BTreeMap::new();
    for words in SEARCHES {
        let arguments = json!({"projectId": [project], "keyword": words});
        for issue in lists::all(agent, "get_issues", arguments, lists::ISSUES).await? {
            let key = issue["issueKey"].as_str().unwrap_or_default().to_owned();
            let summary = issue["summary"].as_str().unwrap_or_default().to_lowercase();
            let is_in_summary = |word: &&str| summary.contains(word);
            let words = ["double", "booking", "two", "skippers", "confirm", "once"];
            candidates.insert(key, words.iter().filter(|word| is_in_summary(word)).count());
        }
    }
    candidates.remove(KEY);
    let mut ranked: Vec<_> = candidates.into_iter().collect();
    ranked.sort_by_key(|(_, common)| std::cmp::Reverse(*common));
    Ok(ranked.into_iter().map(|(key, _)| key).collect())
}

async fn work(agent: &mut Agent) -> anyhow::Result<Value> {
    let found = agent.call("find_issues", json!({"like": KEY})).await?;
    let rows = shown::rows(&found.text);
    Ok(rows
        .iter()
        .filter_map(|row| shown::key(row.first()?))
        .collect())
}

fn check(done: &Done) -> anyhow::Result<()> {
    let mut issues = done.after.iter();
    let same = issues.find(|issue| {
        let summary = issue["summary"].as_str().unwrap_or_default();
        summary == "Two skippers confirm at once and both get the berth"
    });
    let key = &same.context("the duplicate is missing")?["issueKey"];
    let first = done.answer.as_array().into_iter().flatten().take(FIRST);
    ensure!(
        first.into_iter().any(|it| it == key),
        "{key} is not among the first of {}",
        done.answer
    );
    Ok(())
}
