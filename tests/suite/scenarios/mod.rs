//! What a task costs an assistant: for each toolset one, done with what this server offers and
//! done with what upstream's does. `docs/agent-efficiency.md` has the figures;
//! `UPDATE_DOCS=1 cargo test --test suite scenarios` writes it anew.
//!
//! 1. Each way runs on a fresh simulated Backlog and ends in the same state, which is checked.
//! 2. The calls, the bytes of their answers and the requests to Backlog are counted ([`run`]).
//! 3. The table is compared with the document.

mod beyond;
mod document;
mod git;
mod issue;
mod notifications;
mod project;
mod run;
mod space;
mod wiki;

use std::{env, fmt::Write, fs, path::Path};

use backlog_sim::seed;
use futures_util::future::LocalBoxFuture;

use run::{Cost, Run};

type Way = fn(&Run) -> LocalBoxFuture<'_, ()>;

/// A task, and two ways to do it.
struct Scenario {
    toolset: &'static str,
    /// As a person would say it.
    task: &'static str,
    here: Way,
    upstream: Way,
}

fn scenarios() -> [Scenario; 7] {
    [
        space::scenario(),
        project::scenario(),
        issue::scenario(),
        wiki::scenario(),
        git::scenario(),
        document::scenario(),
        notifications::scenario(),
    ]
}

const HEAD: &str = "# What a task costs an assistant

Every call of a tool is a turn of the assistant, and it reads every byte that comes back. This page \
has one task for each toolset and counts both, for this server and for \
[backlog-mcp-server](https://github.com/nulab/backlog-mcp-server) 0.20.4 (\"upstream\").

| Toolset | Task | Calls | upstream | Bytes read | upstream | Requests to Backlog | upstream |
|---|---|---|---|---|---|---|---|
";

const BEYOND: &str = "
Six more sets have what upstream's tools cannot do. They are off until a client or the operator names \
them.

| Toolset | Task | Calls | Bytes read | Requests to Backlog |
|---|---|---|---|---|
";

const METHOD: &str = "
## How this is measured

The tasks are tests, in `tests/suite/scenarios`; they compare this table with what they count, and \
`UPDATE_DOCS=1 cargo test --test suite scenarios` writes it anew. Both ways run against the \
simulated Backlog of this repository with its small, fixed data, as the user Daniel Okafor, \
with default settings, and must leave the same behind.

- **Here**, the assistant calls with names, as the person said them. The bytes are those of all \
texts in the results, notes about further pages included. Names are looked up by the server: that \
shows in the requests to Backlog, not in the calls. A second task in the same project within five \
minutes finds the names in memory; the table has the first.
- **Upstream** was not run. Its way is made of calls that its tools take: names and types of the \
inputs are checked against a list of them (`tests/fixtures/upstream_tools.json`), so an id must \
come from an earlier answer. The calls go through this server's tools, which return the same \
entities, and the bytes are those that `JSON.stringify(result, null, 2)` would make of the \
results, which is how upstream writes them (the row of `notifications`, where both ways are \
the same calls, shows what that indentation costs by itself). The way is the shortest one that does not guess: \
fixed numbers are taken as known only where upstream's descriptions or Backlog's documentation \
give them (the statuses of pull requests). Calls that do not depend on each other are counted one \
by one, in both ways.

What it does not show: a result that stands in a response a second time, as `structuredContent` \
(`STRUCTURED_CONTENT`, off unless set); what the list of tools itself costs (about 58 kB here and 41 kB there, once per \
conversation); assistants that guess ids, or remember them; spaces with many more people and \
projects, where the lists that upstream's way reads are longer and those of this server's way \
are not read by the assistant at all.
";

fn row(scenario: &Scenario, here: Cost, upstream: Cost) -> String {
    format!(
        "| `{}` | {} | {} | {} | {} | {} | {} | {} |\n",
        scenario.toolset,
        scenario.task,
        here.calls,
        upstream.calls,
        here.bytes,
        upstream.bytes,
        here.requests,
        upstream.requests,
    )
}

#[actix_web::test]
async fn the_document_has_the_figures() {
    let mut page = HEAD.to_owned();
    let mut sums = [Cost::default(); 2];
    for scenario in scenarios() {
        let (here, upstream) = (
            Run::here(seed::DANIEL).await,
            Run::upstream(seed::DANIEL).await,
        );
        (scenario.here)(&here).await;
        (scenario.upstream)(&upstream).await;
        let costs = [here.cost().await, upstream.cost().await];
        assert!(costs[0].calls <= costs[1].calls, "{}", scenario.task);
        assert!(costs[0].bytes < costs[1].bytes, "{}", scenario.task);
        page.push_str(&row(&scenario, costs[0], costs[1]));
        for (sum, cost) in sums.iter_mut().zip(costs) {
            sum.calls += cost.calls;
            sum.bytes += cost.bytes;
            sum.requests += cost.requests;
        }
    }
    let [here, upstream] = sums;
    writeln!(
        page,
        "| all | | **{}** | **{}** | **{}** | **{}** | **{}** | **{}** |",
        here.calls, upstream.calls, here.bytes, upstream.bytes, here.requests, upstream.requests
    )
    .expect("a string takes it");
    page.push_str(BEYOND);
    for scenario in beyond::all() {
        let run = Run::beyond(scenario.user).await;
        (scenario.way)(&run).await;
        let (toolset, task, cost) = (scenario.toolset, scenario.task, run.cost().await);
        writeln!(
            page,
            "| `{toolset}` | {task} | {} | {} | {} |",
            cost.calls, cost.bytes, cost.requests
        )
        .expect("a string takes it");
    }
    page.push_str(METHOD);

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/agent-efficiency.md");
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &page).expect("a writable document");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/agent-efficiency.md is out of date; run: UPDATE_DOCS=1 cargo test --test suite \
         scenarios"
    );
}
