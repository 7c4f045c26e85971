//! The budgets, one file each; `requests.rs` has the requests of the loads.

mod cleanup;
mod findings;
mod listing;
mod memory;
mod refresh;
pub(crate) mod requests;
mod rotation;
mod start;
mod statements;
mod stored;
mod throughput;
mod versions;

use clap::ValueEnum;

use crate::{RunArguments, machine, report, world::World};
use findings::Findings;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Case {
    /// `tools/call get_issue` compared with a bare pass-through
    Throughput,
    /// `tools/list`
    Listing,
    /// The same requests in 2026-07-28 and in 2025-11-25
    Versions,
    /// Database statements of a call
    Statements,
    /// `/token` compared with pgbench running the same statements
    Refresh,
    /// Resident memory, idle and with 10,000 live sessions
    Memory,
    /// From the start of the process to ready
    Start,
    /// `/token` and a first call with many sessions stored
    Stored,
    /// Calls while expired rows are removed
    Cleanup,
    /// Calls while everything is sealed with a new key
    Rotation,
}

/// Runs the named cases, or all of them and writes the report.
pub(crate) async fn run(arguments: RunArguments) -> anyhow::Result<()> {
    let all = arguments.cases.is_empty();
    let cases = if all {
        Case::value_variants()
    } else {
        &arguments.cases
    };
    let mut found = Findings::default();
    for case in cases {
        eprintln!("==> {case:?}");
        let findings = case.measure(&arguments).await?;
        eprintln!("{}", report::table(&findings.figures));
        found.figures.extend(findings.figures);
        found.plots.extend(findings.plots);
    }
    if all {
        let world = World::new(&arguments, "bench_machine").await?;
        let machine = machine::describe(&world.db).await?;
        report::write(&arguments.docs, &machine, &found.figures, &found.plots)?;
    }
    Ok(())
}

impl Case {
    async fn measure(self, arguments: &RunArguments) -> anyhow::Result<Findings> {
        match self {
            Self::Throughput => throughput::measure(arguments).await,
            Self::Listing => listing::measure(arguments).await,
            Self::Versions => versions::measure(arguments).await,
            Self::Statements => statements::measure(arguments).await,
            Self::Refresh => refresh::measure(arguments).await,
            Self::Memory => memory::measure(arguments).await,
            Self::Start => start::measure(arguments).await,
            Self::Stored => stored::measure(arguments).await,
            Self::Cleanup => cleanup::measure(arguments).await,
            Self::Rotation => rotation::measure(arguments).await,
        }
    }
}
