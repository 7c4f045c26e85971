//! One section of a page is changed; the rest stays.

use anyhow::ensure;
use futures_util::FutureExt;
use serde_json::{Value, json};

use super::task::{Done, Task};
use crate::efficiency::agent::Agent;

const NAME: &str = "Runbook/Deployment";
const STEP: &str = "3. Tell the engineer on call.";
const SECTION: &str = "## Roll out";
const NEXT_SECTION: &str = "\n## Afterwards";

pub(super) fn task() -> Task {
    Task {
        text: "Find HARBOR's wiki page about the deployment, and add “3. Tell the engineer on call.” to its \
               section Roll out.",
        upstream: |agent| classic(agent).boxed_local(),
        classic: |agent| classic(agent).boxed_local(),
        work: |agent| work(agent).boxed_local(),
        check: |done| check(done).boxed_local(),
    }
}

async fn classic(agent: &mut Agent) -> anyhow::Result<Value> {
    let pages = json!({"projectKey": "HARBOR", "keyword": "deployment"});
    let pages = agent.json("get_wiki_pages", pages).await?;
    let id = super::lists::id_where(&pages, "name", NAME)?;
    let page = agent.json("get_wiki", json!({"wikiId": id})).await?;
    let content = with_step(page["content"].as_str().unwrap_or_default());
    let change = json!({"wikiId": id, "content": content});
    agent.json("update_wiki", change).await
}

async fn work(agent: &mut Agent) -> anyhow::Result<Value> {
    let change = json!({
        "page": "deployment", "project": "HARBOR", "section": "Roll out", "new": STEP,
    });
    agent.call("edit_page", change).await?;
    Ok(Value::Null)
}

/// The text of the page with the step at the end of the section.
fn with_step(content: &str) -> String {
    content.replacen(NEXT_SECTION, &format!("{STEP}\n{NEXT_SECTION}"), 1)
}

async fn check(done: &Done) -> anyhow::Result<()> {
    done.left_alone(&[])?;
    let pages = done
        .backlog
        .get("wikis", &[("projectIdOrKey", "HARBOR")])
        .await?;
    let id = super::lists::id_where(&pages, "name", NAME)?;
    let history = done
        .backlog
        .get(&format!("wikis/{id}/history"), &[])
        .await?;
    let version = |place: usize| history[place]["content"].as_str().unwrap_or_default();
    let (new, old) = (version(0), version(1));
    let lines = |text: &str| -> Vec<String> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(str::to_owned).collect()
    };
    ensure!(old.contains(SECTION), "the section was not there: {old}");
    ensure!(lines(new) == lines(&with_step(old)), "another text: {new}");
    Ok(())
}
