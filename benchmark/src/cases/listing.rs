//! `tools/list`, the first request of an assistant.

use std::time::Duration;

use super::{
    findings::{CONNECTIONS, Findings},
    requests::{Calls, tools_list},
};
use crate::{
    RunArguments,
    load::{self, Lasts},
    report::Figure,
    store,
    world::World,
};

const WANTED: f64 = 10_000.0;

pub(super) async fn measure(arguments: &RunArguments) -> anyhow::Result<Findings> {
    let world = World::new(arguments, "bench_listing").await?;
    let sessions = store::sessions(&world, CONNECTIONS).await?;
    let (_hub, _) = world.hub().await?;
    let calls = sessions
        .iter()
        .map(|session| Calls::again_and_again(&world, &session.access, tools_list(), "get_issue"));
    let lasts = Lasts::For(Duration::from_secs(arguments.seconds));
    let outcome = load::run(world.address, calls.collect(), lasts)
        .await?
        .sound()?;
    let figure = Figure {
        what: "`tools/list` per second",
        budget: format!("≥ {WANTED:.0}"),
        measured: format!("{:.0}/s", outcome.per_second()),
        compared_with: format!("p99 {:.1} ms", outcome.quantile(0.99).as_secs_f64() * 1e3),
        held: Some(outcome.per_second() >= WANTED),
    };
    Ok(Findings {
        figures: vec![figure],
        plots: Vec::new(),
    })
}
