//! Whether many stored sessions slow down requests: `/token` and first calls, with a
//! thousand sessions stored and with a million.

use std::time::Duration;

use super::{
    findings::Findings,
    requests::{Calls, Refreshes, get_issue},
};
use crate::{
    RunArguments,
    load::{self, Lasts, Outcome},
    plot,
    report::{Figure, Plot},
    store::{self, Session},
    world::World,
};

const FEW: usize = 1_000;
/// The sessions of each load; the same number in both stores.
const USED: usize = FEW / 2;
/// Few enough to measure latency, not a queue.
const CONNECTIONS: usize = 4;
const WANTED: f64 = 1.3;

struct Measured {
    refreshes: Outcome,
    first_calls: Outcome,
}

pub(super) async fn measure(arguments: &RunArguments) -> anyhow::Result<Findings> {
    let few = with(arguments, "bench_few", FEW).await?;
    let many = with(arguments, "bench_many", crate::MANY).await?;
    let svg = plot::latencies(
        "First call of a session and refresh, by sessions stored",
        &[
            ("first call, few", &few.first_calls),
            ("first call, many", &many.first_calls),
            ("refresh, few", &few.refreshes),
            ("refresh, many", &many.refreshes),
        ],
    )?;
    Ok(Findings {
        figures: vec![
            figure(
                "p50 of `/token`, 1,000,000 sessions stored",
                &few.refreshes,
                &many.refreshes,
            ),
            figure(
                "p50 of a cold `/mcp`, 1,000,000 sessions stored",
                &few.first_calls,
                &many.first_calls,
            ),
        ],
        plots: vec![Plot {
            file: "stored.svg",
            caption: "Latency with a thousand and a million sessions stored",
            svg,
        }],
    })
}

fn figure(what: &'static str, few: &Outcome, many: &Outcome) -> Figure {
    let (few, many) = (few.quantile(0.5), many.quantile(0.5));
    let times = many.as_secs_f64() / few.as_secs_f64();
    Figure {
        what,
        budget: format!("≤ {WANTED} × with 1,000"),
        measured: format!("{} ({times:.2} ×)", milliseconds(many)),
        compared_with: milliseconds(few),
        held: Some(times <= WANTED),
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

async fn with(arguments: &RunArguments, name: &str, stored: usize) -> anyhow::Result<Measured> {
    let world = World::new(arguments, name).await?;
    let sessions = store::sessions(&world, stored).await?;
    // Spread over the whole store, so that a large one is not read from its first page only.
    let used: Vec<&Session> = sessions.iter().step_by(stored / (2 * USED)).collect();
    let (for_calls, for_refreshes) = used.split_at(USED);
    let (_hub, _) = world.hub().await?;

    let calls = for_calls.chunks(USED / CONNECTIONS).map(|some| {
        let tokens = some.iter().map(|session| &session.access);
        Calls::once_each(&world, tokens, get_issue(), "HARBOR-1")
    });
    let first_calls = load::run(world.address, calls.collect(), Lasts::UntilDone)
        .await?
        .sound()?;
    let refreshes = for_refreshes.chunks(USED / CONNECTIONS).map(|some| {
        let tokens = some.iter().map(|session| &session.refresh);
        Refreshes::once_each(&world, tokens)
    });
    let refreshes = load::run(world.address, refreshes.collect(), Lasts::UntilDone)
        .await?
        .sound()?;
    Ok(Measured {
        refreshes,
        first_calls,
    })
}
