//! The time from the start of the process until `/ready` returns 200.

use std::time::Duration;

use super::findings::Findings;
use crate::{RunArguments, report::Figure, world::World};

const STARTS: usize = 15;
const WANTED: Duration = Duration::from_millis(300);

pub(super) async fn measure(arguments: &RunArguments) -> anyhow::Result<Findings> {
    let world = World::new(arguments, "bench_start").await?;
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let (hub, took) = world.hub().await?;
        times.push(took);
        hub.kill().await?;
    }
    times.sort();
    let middle = times[STARTS / 2];
    let figure = Figure {
        what: "start to ready, database migrated",
        budget: "< 300 ms".to_owned(),
        measured: format!("{} ms", middle.as_millis()),
        compared_with: format!("slowest of {STARTS}: {} ms", times[STARTS - 1].as_millis()),
        held: Some(middle < WANTED),
    };
    Ok(Findings {
        figures: vec![figure],
        plots: Vec::new(),
    })
}
