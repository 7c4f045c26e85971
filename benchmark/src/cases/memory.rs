//! Resident memory: idle, and with 10,000 sessions that have made a call.

use super::{
    findings::{CONNECTIONS, Findings},
    requests::{Calls, get_issue},
};
use crate::{
    RunArguments,
    load::{self, Lasts},
    report::Figure,
    store,
    world::World,
};

const SESSIONS: usize = 10_000;
const MIB: u64 = 1024 * 1024;

pub(super) async fn measure(arguments: &RunArguments) -> anyhow::Result<Findings> {
    let world = World::new(arguments, "bench_memory").await?;
    let sessions = store::sessions(&world, SESSIONS).await?;
    let (hub, _) = world.hub().await?;
    let (idle, _) = hub.memory()?;

    let share = sessions.chunks(SESSIONS.div_ceil(CONNECTIONS));
    let calls = share.map(|some| {
        let tokens = some.iter().map(|session| &session.access);
        Calls::once_each(&world, tokens, get_issue(), "HARBOR-1")
    });
    load::run(world.address, calls.collect(), Lasts::UntilDone)
        .await?
        .sound()?;
    let (resident, most) = hub.memory()?;
    Ok(Findings {
        figures: vec![
            Figure {
                what: "resident memory, idle",
                budget: "< 60 MiB".to_owned(),
                measured: format!("{} MiB", idle / MIB),
                compared_with: String::new(),
                held: Some(idle < 60 * MIB),
            },
            Figure {
                what: "resident memory, 10,000 live sessions and 64 connections",
                budget: "< 150 MiB".to_owned(),
                measured: format!("{} MiB", most / MIB),
                compared_with: format!("{} MiB afterwards", resident / MIB),
                held: Some(most < 150 * MIB),
            },
        ],
        plots: Vec::new(),
    })
}
