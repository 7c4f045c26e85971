//! Counts the cost of a Backlog user's tasks for an assistant, with this server and with the one
//! that it replaces.
//!
//! 1. Each way through a task ([`tasks`]) gets a space of its own ([`world`]), and a new server:
//!    upstream's ([`upstream`]) or the hub ([`hub`]).
//! 2. Its calls are made and counted ([`agent`], [`cost`]).
//! 3. The result is checked in the simulated Backlog. A way with another result has failed.
//! 4. The figures are written into `docs/agent-efficiency.md` ([`figures`], [`goals`]). A test makes
//!    the hub's calls in the small space again and compares.

mod agent;
mod backlog;
mod connection;
mod cost;
mod figures;
mod goals;
mod hub;
mod tasks;
#[cfg(test)]
mod tests;
mod upstream;
mod way;
mod world;

use std::{fs, path::PathBuf};

use anyhow::Context;
use backlog_sim::RateLimits;

use agent::Agent;
use backlog::Backlog;
use figures::{Document, Figures, Measured};
use tasks::{Done, Task};
use way::Way;
use world::Size;

#[derive(Debug, clap::Args)]
pub(super) struct EfficiencyArguments {
    /// Directory into which backlog-mcp-server is installed from npm
    #[arg(long, default_value = "benchmark/upstream")]
    upstream: PathBuf,
    /// The document with the figures
    #[arg(long, default_value = "docs/agent-efficiency.md")]
    document: PathBuf,
    /// Print each call, its result and its requests to Backlog as well
    #[arg(long)]
    calls: bool,
    /// Measure only the hub, and keep the figures of upstream's server, which needs npm and Node
    #[arg(long)]
    hub_only: bool,
    /// Measure only these tasks, by number, and only print the figures
    tasks: Vec<usize>,
}

/// Measures every way of every task in both spaces.
pub(super) async fn run(arguments: EfficiencyArguments) -> anyhow::Result<()> {
    let path = &arguments.document;
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let document = Document::parse(&text)?;
    let mut figures = Figures::default();
    match arguments.hub_only {
        true => figures = document.figures()?.of_upstream(),
        false => crate::upstream::install(&arguments.upstream).await?,
    }
    for size in Size::ALL {
        for (number, task) in (1..).zip(tasks::all()) {
            if !arguments.tasks.is_empty() && !arguments.tasks.contains(&number) {
                continue;
            }
            println!("{number} ({}): {}", size.name(), task.text);
            for way in Way::ALL {
                if arguments.hub_only && way.hub().is_none() {
                    continue;
                }
                let (measured, calls) = measure(&task, size, way, &arguments.upstream).await?;
                if arguments.calls {
                    for call in &calls {
                        println!("{call}");
                    }
                }
                println!("  {way:8}  {measured}");
                figures.add(size, way, measured);
            }
        }
    }
    match arguments.tasks.is_empty() {
        true => Ok(fs::write(
            path,
            document.with(&figures, &goals::written(&figures)),
        )?),
        false => Ok(()),
    }
}

/// Does a task one way, in a space of its own. Returns its cost, and the calls to be read.
async fn measure(
    task: &Task,
    size: Size,
    way: Way,
    upstream: &std::path::Path,
) -> anyhow::Result<(Measured, Vec<String>)> {
    let sim = world::start(size).await?;
    let key = sim.control().issue_api_key(world::USER);
    let backlog = Backlog::of(&sim, world::USER)?;
    let before = backlog.issues().await?;
    sim.control().set_rate_limits(cost::LIMITS);
    let (process, connection) = match way.hub() {
        None => {
            let host = format!("127.0.0.1:{}", sim.url().port().context("a port")?);
            let (process, connection) = upstream::start(upstream, &host, &key).await?;
            (Some(process), connection)
        }
        Some(choice) => (
            None,
            hub::start(&sim.url(), key, world::now(), choice).await?,
        ),
    };
    let mut agent = Agent::new(connection, sim.control().clone(), sim.url().as_str());
    let steps = match way {
        Way::Upstream => task.upstream,
        Way::Classic | Way::Concise => task.classic,
        Way::Work => task.work,
    };
    let answer = steps(&mut agent).await;
    let (cost, calls) = agent.finish();
    drop(process);
    sim.control().set_rate_limits(RateLimits::default());
    let result = match answer {
        Err(error) => Err(error),
        Ok(answer) => {
            let after = backlog.issues().await?;
            let done = Done {
                before,
                after,
                answer,
                backlog,
            };
            (task.check)(&done).await
        }
    };
    sim.stop().await;
    let failure = result.err().map(|error| format!("{error:#}"));
    Ok((Measured { cost, failure }, calls))
}
