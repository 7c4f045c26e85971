//! Planned and spent hours of a month.

use std::collections::BTreeMap;

use anyhow::Context;
use futures_util::FutureExt;
use serde_json::{Value, json};

use super::{
    lists, shown,
    task::{Done, Task},
};
use crate::efficiency::agent::Agent;

/// This month, in Tokyo.
const START: &str = "2026-10-31T15:00:00Z";
const FIRST: &str = "2026-11-01";
const LAST: &str = "2026-11-30";

type Hours = BTreeMap<String, [f64; 2]>;

pub(super) fn task() -> Task {
    Task {
        text: "Planned against spent hours by user this month: estimates of the issues due in it by \
               assignee, hours added in it by who added them.",
        upstream: |agent| classic(agent).boxed_local(),
        classic: |agent| classic(agent).boxed_local(),
        work: |agent| work(agent).boxed_local(),
        check: |done| check(done).boxed_local(),
    }
}

async fn classic(agent: &mut Agent) -> anyhow::Result<Value> {
    let due = json!({"dueDateSince": FIRST, "dueDateUntil": LAST});
    let due = lists::all(agent, "get_issues", due, lists::ISSUES).await?;
    let mut hours = planned(&due);
    let tool = "get_space_activities";
    for activity in lists::activities_since(agent, tool, json!({}), START).await? {
        let user = shown::name(&activity["createdUser"]);
        let changes = activity["content"]["changes"]
            .as_array()
            .into_iter()
            .flatten();
        for change in changes {
            let (old, new) = match change.as_str() {
                // A concise result has `hours spent: 3.5 → 5`.
                Some(text) => match text
                    .strip_prefix("hours spent: ")
                    .and_then(|it| it.split_once('→'))
                {
                    Some((old, new)) => (old, new),
                    None => continue,
                },
                None if change["field"] == "actualHours" => (
                    shown::name(&change["old_value"]),
                    shown::name(&change["new_value"]),
                ),
                None => continue,
            };
            add(&mut hours, user, 1, number(new) - number(old));
        }
    }
    Ok(rounded(hours))
}

async fn work(agent: &mut Agent) -> anyhow::Result<Value> {
    let report = agent.call("report", json!({"about": "hours"})).await?;
    let mut hours = Hours::new();
    for row in shown::rows(&report.text) {
        let [user, planned, spent, ..] = row.as_slice() else {
            anyhow::bail!("a row of other columns: {row:?}");
        };
        if *user != "all" {
            let number = |text: &str| text.parse::<f64>().context("a number");
            hours.insert((*user).to_owned(), [number(planned)?, number(spent)?]);
        }
    }
    Ok(rounded(hours))
}

fn planned(due: &[Value]) -> Hours {
    let mut hours = Hours::new();
    for issue in due {
        let assignee = match shown::name(&issue["assignee"]) {
            "" => "nobody",
            name => name,
        };
        add(
            &mut hours,
            assignee,
            0,
            issue["estimatedHours"].as_f64().unwrap_or_default(),
        );
    }
    hours
}

fn add(hours: &mut Hours, user: &str, place: usize, added: f64) {
    hours.entry(user.to_owned()).or_default()[place] += added;
}

fn number(text: &str) -> f64 {
    text.trim().parse().unwrap_or_default()
}

/// The users who have hours.
fn rounded(mut hours: Hours) -> Value {
    hours.retain(|_, hours| hours.iter().any(|it| it.abs() > 0.001));
    json!(hours)
}

async fn check(done: &Done) -> anyhow::Result<()> {
    let is_due = |issue: &&Value| (FIRST..=LAST).contains(&shown::day(&issue["dueDate"]));
    let due: Vec<_> = done.after.iter().filter(is_due).cloned().collect();
    let mut hours = planned(&due);
    for issue in &done.after {
        let path = format!("issues/{}/comments", shown::name(&issue["issueKey"]));
        let comments = done.backlog.get(&path, &[("count", "100")]).await?;
        for comment in comments.as_array().into_iter().flatten() {
            if comment["created"].as_str() < Some(START) {
                continue;
            }
            for change in comment["changeLog"].as_array().into_iter().flatten() {
                if change["field"] == "actualHours" {
                    let of = |field: &str| number(change[field].as_str().unwrap_or_default());
                    let user = shown::name(&comment["createdUser"]);
                    add(&mut hours, user, 1, of("newValue") - of("originalValue"));
                }
            }
        }
    }
    done.answers(rounded(hours))
}
