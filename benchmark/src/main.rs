//! Measures the hub against its budgets, from outside, on one machine.
//!
//! 1. Start a simulated Backlog, a bare pass-through to it, and the hub: release
//!    binaries, each a process of its own.
//! 2. Write sessions into the hub's database, as sign-ins would.
//! 3. Run each case of `cases/` and compare its result with its budget.
//! 4. Write the table and the plots into `docs/benchmarks.md` and `docs/benchmarks/`.
//!
//! `scripts/bench` builds the binaries and provides a PostgreSQL.
//!
//! [`matrix`] compares requests in every protocol version with other servers.
//! [`efficiency`] measures something else: what tasks cost an assistant.

mod cases;
mod efficiency;
mod load;
mod machine;
mod matrix;
mod pass_through;
mod plot;
mod process;
mod report;
mod store;
mod upstream;
mod world;

use std::path::PathBuf;

use anyhow::Context;
use clap::{Parser, Subcommand};
use url::Url;

/// The rows of the cases about large stores; the report spells the number out.
const MANY: usize = 1_000_000;

#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure every budget, or the named cases, and write the report
    Run(RunArguments),
    /// Count what tasks cost an assistant, here and with backlog-mcp-server, and write
    /// docs/agent-efficiency.md
    Efficiency(efficiency::EfficiencyArguments),
    /// Measure requests by protocol version, connections and latency of Backlog, beside other
    /// servers; without a choice, write the matrix of docs/benchmarks.md
    Matrix(matrix::MatrixArguments),
    /// Serve the comparison: actix-web and reqwest with nothing between
    PassThrough {
        /// URL of the simulated Backlog
        #[arg(long)]
        backlog: Url,
    },
}

#[derive(Debug, clap::Args)]
pub struct RunArguments {
    /// URL of a PostgreSQL superuser; databases are created on its server
    #[arg(long, env = "BENCH_DATABASE_URL", hide_env_values = true)]
    database_url: Url,
    /// Directory of the release binaries
    #[arg(long, default_value = "target/release")]
    binaries: PathBuf,
    /// Directory of `pgbench`
    #[arg(long, env = "BENCH_POSTGRES_BINARIES")]
    postgres_binaries: PathBuf,
    /// Directory of the report
    #[arg(long, default_value = "docs")]
    docs: PathBuf,
    /// Duration of each load in seconds
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Run only these cases, and only print their results
    #[arg(value_enum)]
    cases: Vec<cases::Case>,
}

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("another TLS provider is installed"))?;
    match Arguments::parse().command {
        Command::PassThrough { backlog } => pass_through::serve(backlog).await,
        Command::Efficiency(arguments) => efficiency::run(arguments).await,
        Command::Run(arguments) => measure(cases::run(arguments)).await,
        Command::Matrix(arguments) => measure(matrix::run(arguments)).await,
    }
}

/// Runs the loads in a runtime of their own, because actix's has one thread.
async fn measure(
    loads: impl Future<Output = anyhow::Result<()>> + Send + 'static,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let done = runtime.spawn(loads).await;
    runtime.shutdown_background();
    done.context("the benchmark panicked")?
}
