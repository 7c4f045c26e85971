//! Requests in every protocol version, with few and many connections and with a fast and a slow
//! Backlog, at the hub and at the servers that it is compared with.
//!
//! 1. The servers start, all in front of the same simulated Backlog, without TLS. One that is not
//!    installed is reported as missing ([`servers`]).
//! 2. Each place of the matrix ([`plan`], [`cell`]) is measured in rounds: in each of them once at
//!    every server, in turn ([`requests`], [`sign_in`]).
//! 3. The median counts, beside the lowest and the highest figure ([`sample`]).
//! 4. Without a choice, the table is written into `docs/benchmarks.md`.

mod cell;
mod plan;
mod requests;
mod sample;
mod servers;
mod sign_in;

use std::{
    fmt::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::ValueEnum;
use foundation::clock::Clock;
use url::Url;

use crate::{machine, report, upstream, world::World};
use cell::{Cell, Server};
use sample::{Figures, Sample};
use servers::Running;
use sign_in::Grant;

#[derive(Debug, clap::Args)]
pub(super) struct MatrixArguments {
    /// URL of a PostgreSQL superuser; a database is created on its server
    #[arg(long, env = "BENCH_DATABASE_URL", hide_env_values = true)]
    database_url: Url,
    /// Directory of the release binaries
    #[arg(long, default_value = "target/release")]
    binaries: PathBuf,
    /// Directory into which backlog-mcp-server is installed from npm
    #[arg(long, default_value = "benchmark/upstream")]
    upstream: PathBuf,
    /// Directory of the report
    #[arg(long, default_value = "docs")]
    docs: PathBuf,
    /// Duration of each load in seconds
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// The number of loads of which the median counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Measure only these servers, and only print the result
    #[arg(long, value_enum, value_delimiter = ',')]
    servers: Vec<Server>,
    #[command(flatten)]
    choice: plan::Choice,
}

/// A server with the grants of its calls.
struct Contestant {
    running: Running,
    grants: Vec<Grant>,
}

/// Measures the chosen places, or all of them and writes the table.
pub(super) async fn run(arguments: MatrixArguments) -> anyhow::Result<()> {
    let cells = arguments.choice.cells();
    let world = World::at(
        &arguments.database_url,
        &arguments.binaries,
        "bench_matrix",
        &[("MAX_TOKENS", servers::MAX_TOKENS)],
    )
    .await?;
    let connections = cells.iter().map(|cell| cell.connections).max();
    let grants = connections.unwrap_or_default();
    let (contestants, missing) = start(&arguments, &world, grants).await?;

    let mut text = missing;
    text.push_str(
        "| Request | Version | Connections | Backlog | Server | Requests/s | p99 in ms \
         | Processor time in µs | Hub |\n|---|---|---|---|---|---|---|---|---|\n",
    );
    for cell in &cells {
        eprintln!("==> {cell}");
        let rows = rows(cell, &contestants, &world, &arguments).await;
        eprint!("{rows}");
        text.push_str(&rows);
    }
    match arguments.choice.is_everything() && arguments.servers.is_empty() {
        true => write(&arguments, &world, &text).await,
        false => {
            println!("{text}");
            Ok(())
        }
    }
}

/// Starts the servers; with a note on those that cannot be started.
async fn start(
    arguments: &MatrixArguments,
    world: &World,
    grants: usize,
) -> anyhow::Result<(Vec<Contestant>, String)> {
    let chosen = match arguments.servers.is_empty() {
        true => Server::value_variants(),
        false => &arguments.servers,
    };
    let (mut contestants, mut missing) = (Vec::new(), String::new());
    for server in chosen {
        match Contestant::start(*server, world, (&arguments.upstream, grants)).await {
            Ok(contestant) => contestants.push(contestant),
            // The hub is what is measured.
            Err(error) if *server == Server::Hub => return Err(error),
            Err(error) => {
                let name = server.name();
                eprintln!("{name} is missing: {error:#}");
                let _ = writeln!(missing, "Missing: {name}. {error:#}\n");
            }
        }
    }
    Ok((contestants, missing))
}

impl Contestant {
    /// Starts a server and makes as many grants.
    async fn start(
        server: Server,
        world: &World,
        (upstream, grants): (&Path, usize),
    ) -> anyhow::Result<Self> {
        let running = Running::start(server, world, upstream).await?;
        let grants = running.grants(world, grants).await?;
        Ok(Self { running, grants })
    }
}

/// Measures a place at every server that does its work; the rows of the table.
async fn rows(
    cell: &Cell,
    contestants: &[Contestant],
    world: &World,
    arguments: &MatrixArguments,
) -> String {
    let lasts = Duration::from_secs(arguments.seconds);
    let takes_part = |it: &&Contestant| cell.work.is_done_by(it.running.server);
    let taking_part: Vec<_> = contestants.iter().filter(takes_part).collect();
    let mut rounds: Vec<Result<Vec<Sample>, String>> = vec![Ok(Vec::new()); taking_part.len()];
    for _ in 0..arguments.rounds {
        for (contestant, samples) in taking_part.iter().zip(&mut rounds) {
            let Ok(earlier) = samples else { continue };
            let Contestant { running, grants } = contestant;
            match requests::measure(cell, running, world, grants, lasts).await {
                Ok(sample) => earlier.push(sample),
                // A load with one wrong response has no figure.
                Err(error) => *samples = Err(format!("{error:#}")),
            }
        }
    }
    let figures: Vec<_> = rounds
        .into_iter()
        .map(|samples| samples.map(|samples| Figures::of(&samples)))
        .collect();
    let hub = taking_part
        .iter()
        .position(|it| it.running.server == Server::Hub);
    let hub = hub.and_then(|place| figures[place].as_ref().ok()?.as_ref());
    let rows = taking_part.iter().zip(&figures);
    rows.map(|(contestant, figures)| row(cell, contestant.running.server, figures, hub))
        .collect()
}

fn row(
    cell: &Cell,
    server: Server,
    figures: &Result<Option<Figures>, String>,
    hub: Option<&Figures>,
) -> String {
    let measured = match figures {
        Ok(Some(figures)) => {
            let ratio = hub.filter(|_| server != Server::Hub);
            let ratio = ratio.map(|hub| format!("{:.2} ×", hub.ratio(figures)));
            format!("{} | {}", figures.columns(), ratio.unwrap_or_default())
        }
        Ok(None) => "no round | | |".to_owned(),
        Err(error) => {
            let error = error.replace(['|', '\n'], " ");
            let error: String = error.chars().take(120).collect();
            format!("failed: {error} | | |")
        }
    };
    format!(
        "| {} | {} | {} | {} ms | {} | {measured} |\n",
        cell.work.name(),
        cell.version_name(),
        cell.connections,
        cell.latency.as_millis(),
        server.name(),
    )
}

async fn write(arguments: &MatrixArguments, world: &World, table: &str) -> anyhow::Result<()> {
    let mut text = format!(
        "Measured on {}, medians of {} loads of {} s with the lowest and the highest:\n\n",
        Clock::system().now().format("%Y-%m-%d"),
        arguments.rounds,
        arguments.seconds
    );
    for fact in machine::describe(&world.db).await? {
        let _ = writeln!(text, "- {fact}");
    }
    let _ = writeln!(
        text,
        "- backlog-mcp-server {}\n\n{table}",
        upstream::VERSION
    );
    report::replace(&arguments.docs, "matrix", &text)
}
