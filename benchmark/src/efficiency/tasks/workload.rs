//! The open work of each user.

use std::collections::BTreeMap;

use anyhow::Context;
use futures_util::{FutureExt, future};
use serde_json::{Value, json};

use super::{
    lists,
    overdue::is_overdue,
    shown,
    task::{Done, Task},
};
use crate::efficiency::agent::Agent;

pub(super) fn task() -> Task {
    Task {
        text: "Who is overloaded? For each user: open issues, those overdue or of high priority, planned \
               hours.",
        upstream: |agent| classic(agent).boxed_local(),
        classic: |agent| classic(agent).boxed_local(),
        work: |agent| work(agent).boxed_local(),
        check: |done| future::ready(check(done)).boxed_local(),
    }
}

/// The statuses of all projects are not known, so closed issues are read as well.
async fn classic(agent: &mut Agent) -> anyhow::Result<Value> {
    let issues = lists::all(agent, "get_issues", json!({}), lists::ISSUES).await?;
    Ok(loads(&issues))
}

async fn work(agent: &mut Agent) -> anyhow::Result<Value> {
    let report = agent.call("report", json!({"about": "workload"})).await?;
    let mut loads = BTreeMap::new();
    for row in shown::rows(&report.text) {
        let [user, open, overdue, _, high, planned, ..] = row.as_slice() else {
            anyhow::bail!("a row of other columns: {row:?}");
        };
        let number = |text: &str| text.parse::<f64>().context("a number");
        let load = [
            number(open)?,
            number(overdue)?,
            number(high)?,
            number(planned)?,
        ];
        loads.insert((*user).to_owned(), json!(load));
    }
    Ok(json!(loads))
}

/// Open, overdue and high issues, and planned hours, by assignee.
fn loads(issues: &[Value]) -> Value {
    let mut loads: BTreeMap<&str, [f64; 4]> = BTreeMap::new();
    for issue in issues.iter().filter(|issue| shown::is_open(issue)) {
        let assignee = match shown::name(&issue["assignee"]) {
            "" => "nobody",
            name => name,
        };
        let load = loads.entry(assignee).or_default();
        load[0] += 1.0;
        load[1] += f64::from(u8::from(is_overdue(issue)));
        load[2] += f64::from(u8::from(shown::name(&issue["priority"]) == "High"));
        load[3] += issue["estimatedHours"].as_f64().unwrap_or_default();
    }
    json!(loads)
}

fn check(done: &Done) -> anyhow::Result<()> {
    done.answers(loads(&done.after))
}
