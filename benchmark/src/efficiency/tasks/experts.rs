//! Who knows something, by who wrote the pages about it.

use std::collections::BTreeSet;

use futures_util::FutureExt;
use serde_json::{Value, json};

use super::{
    lists, shown,
    task::{Done, Task},
};
use crate::efficiency::agent::Agent;

const WORD: &str = "deployment";
/// The number of documents on a page of upstream's list.
const DOCUMENTS: usize = 20;

pub(super) fn task() -> Task {
    Task {
        text: "Who knows HARBOR's deployment? Name the wiki pages and documents about it, and who wrote \
               them.",
        upstream: |agent| upstream(agent).boxed_local(),
        classic: |agent| classic(agent).boxed_local(),
        work: |agent| work(agent).boxed_local(),
        check: |done| check(done).boxed_local(),
    }
}

/// Documents cannot be searched: all are read.
async fn upstream(agent: &mut Agent) -> anyhow::Result<Value> {
    let pages = json!({"projectKey": "HARBOR", "keyword": WORD});
    let pages = lists::list(agent.json("get_wiki_pages", pages).await?)?;
    let project = match pages.first() {
        Some(page) => page["projectId"].clone(),
        None => agent
            .json("get_project", json!({"projectKey": "HARBOR"}))
            .await?["id"]
            .clone(),
    };
    let mut documents = Vec::new();
    loop {
        let arguments = json!({"projectIds": [project], "offset": documents.len()});
        let page = lists::list(agent.json("get_documents", arguments).await?)?;
        let is_last = page.len() < DOCUMENTS;
        documents.extend(page);
        if is_last {
            break;
        }
    }
    documents.retain(is_about);
    Ok(experts(&pages, &documents))
}

async fn classic(agent: &mut Agent) -> anyhow::Result<Value> {
    let pages = json!({"projectKey": "HARBOR", "keyword": WORD});
    let pages = lists::list(agent.json("get_wiki_pages", pages).await?)?;
    let documents = json!({"projectIds": ["HARBOR"], "keyword": WORD});
    let documents = lists::list(agent.json("get_documents", documents).await?)?;
    Ok(experts(&pages, &documents))
}

async fn work(agent: &mut Agent) -> anyhow::Result<Value> {
    let arguments = json!({"query": WORD, "in": ["wiki", "documents"], "project": ["HARBOR"]});
    let found = agent.json("search", arguments).await?;
    let (mut titles, mut people) = (BTreeSet::new(), BTreeSet::new());
    for hit in found["results"].as_array().into_iter().flatten() {
        titles.insert(hit["title"].as_str().unwrap_or_default());
        people.extend(hit["by"].as_str().unwrap_or_default().split(", "));
    }
    Ok(json!([titles, people]))
}

fn is_about(document: &Value) -> bool {
    let text = format!("{} {}", document["title"], document["plain"]);
    text.to_lowercase().contains(WORD)
}

/// The titles, and the users who added or last changed the pages.
fn experts(pages: &[Value], documents: &[Value]) -> Value {
    let both = || pages.iter().chain(documents);
    let titles = both().filter_map(|it| it["name"].as_str().or_else(|| it["title"].as_str()));
    let titles: BTreeSet<_> = titles.collect();
    let people = both().flat_map(|it| [&it["createdUser"], &it["updatedUser"]]);
    let people: BTreeSet<_> = people.map(shown::name).collect();
    json!([titles, people])
}

async fn check(done: &Done) -> anyhow::Result<()> {
    let pages = [("projectIdOrKey", "HARBOR"), ("keyword", WORD)];
    let pages = lists::list(done.backlog.get("wikis", &pages).await?)?;
    let project = backlog_sim::seed::HARBOR.to_string();
    let documents = [
        ("projectId[]", &*project),
        ("offset", "0"),
        ("count", "100"),
    ];
    let mut documents = lists::list(done.backlog.get("documents", &documents).await?)?;
    documents.retain(is_about);
    done.answers(experts(&pages, &documents))
}
