//! The open issues of a milestone go to the next one, and the closed ones become release notes.

use std::fmt::Write;

use anyhow::{Context, ensure};
use futures_util::FutureExt;
use serde_json::{Value, json};

use super::{
    lists::{self, id_where},
    milestone::{confirmed, move_to, moved},
    shown,
    task::{Done, Task},
};
use crate::efficiency::agent::Agent;

const MILESTONE: &str = "2027.01";
const NEXT: &str = "2027.03";
const PAGE: &str = "Release notes/2027.01";
/// More issues than these are changed after a preview.
const WITHOUT_PREVIEW: usize = 20;

pub(super) fn task() -> Task {
    Task {
        text: "What is left for HARBOR's milestone 2027.01? Move it to 2027.03, and draft the release notes \
               as the wiki page Release notes/2027.01.",
        upstream: |agent| upstream(agent).boxed_local(),
        classic: |agent| classic(agent).boxed_local(),
        work: |agent| work(agent).boxed_local(),
        check: |done| check(done).boxed_local(),
    }
}

async fn upstream(agent: &mut Agent) -> anyhow::Result<Value> {
    let milestones = json!({"projectKey": "HARBOR"});
    let milestones = agent.json("get_version_milestone_list", milestones).await?;
    let project = milestones[0]["projectId"].clone();
    let (this, next) = (
        id_where(&milestones, "name", MILESTONE)?,
        id_where(&milestones, "name", NEXT)?,
    );
    release(agent, project, (this, next)).await
}

async fn classic(agent: &mut Agent) -> anyhow::Result<Value> {
    release(agent, "HARBOR".into(), (MILESTONE.into(), NEXT.into())).await
}

async fn release(
    agent: &mut Agent,
    project: Value,
    (this, next): (Value, Value),
) -> anyhow::Result<Value> {
    let issues = json!({"projectId": [project], "milestoneId": [this]});
    let issues = lists::all(agent, "get_issues", issues, lists::ISSUES).await?;
    move_to(agent, &issues, next).await?;
    let closed = issues.iter().filter(|issue| !shown::is_open(issue));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let closed = closed.map(|issue| (text(&issue["issueKey"]), text(&issue["summary"])));
    let page = json!({"projectId": project, "name": PAGE, "content": notes(closed)});
    agent.json("add_wiki", page).await?;
    Ok(shown::keys(
        issues.iter().filter(|issue| shown::is_open(issue)),
    ))
}

async fn work(agent: &mut Agent) -> anyhow::Result<Value> {
    let issues = json!({
        "project": ["HARBOR"], "milestone": MILESTONE, "status": "all", "limit": 200,
        "columns": ["key", "summary", "status"],
    });
    let issues = agent.call("find_issues", issues).await?;
    let rows = shown::rows(&issues.text);
    let (mut closed, mut left) = (Vec::new(), Vec::new());
    for row in &rows {
        let [key, summary, status, ..] = row.as_slice() else {
            anyhow::bail!("a row of other columns: {row:?}");
        };
        let key = shown::key(key).context("no key")?.to_owned();
        match shown::is_closed(status) {
            true => closed.push((key, (*summary).to_owned())),
            false => left.push(key),
        }
    }
    let mut change = json!({"issues": left, "set": {"milestone": [NEXT]}});
    match left.len() > WITHOUT_PREVIEW {
        true => confirmed(agent, &mut change).await?,
        false => {
            agent.call("change_issues", change).await?;
        }
    }
    let page = json!({"page": PAGE, "project": "HARBOR", "new": notes(closed)});
    agent.call("edit_page", page).await?;
    left.sort();
    Ok(left.into())
}

fn notes(closed: impl IntoIterator<Item = (String, String)>) -> String {
    let mut notes = format!("# {MILESTONE}\n\n");
    for (key, summary) in closed {
        let _ = writeln!(notes, "- {summary} ({key})");
    }
    notes
}

async fn check(done: &Done) -> anyhow::Result<()> {
    moved(done, MILESTONE, NEXT)?;
    let is_of = |issue: &&Value| {
        let key = issue["issueKey"].as_str().unwrap_or_default();
        key.starts_with("HARBOR-") && issue["milestone"][0]["name"] == MILESTONE
    };
    let (open, closed): (Vec<_>, Vec<_>) = done
        .before
        .iter()
        .filter(is_of)
        .partition(|issue| shown::is_open(issue));
    let mut keys = shown::keys(open);
    keys.as_array_mut()
        .context("keys")?
        .sort_by_key(Value::to_string);
    done.answers(keys)?;
    let pages = done
        .backlog
        .get("wikis", &[("projectIdOrKey", "HARBOR")])
        .await?;
    let id = id_where(&pages, "name", PAGE)?;
    let page = done.backlog.get(&format!("wikis/{id}"), &[]).await?;
    let notes = page["content"].as_str().unwrap_or_default();
    ensure!(!closed.is_empty(), "the task is empty");
    ensure!(
        notes.lines().filter(|line| line.starts_with("- ")).count() == closed.len(),
        "{notes}"
    );
    for issue in closed {
        for field in ["issueKey", "summary"] {
            let text = issue[field].as_str().unwrap_or_default();
            ensure!(notes.contains(text), "not in the notes: {text}");
        }
    }
    Ok(())
}
