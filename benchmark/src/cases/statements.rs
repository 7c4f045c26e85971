//! The number of database transactions while calls continue, as counted by PostgreSQL.

use std::time::Duration;

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

pub(super) async fn measure(arguments: &RunArguments) -> anyhow::Result<Findings> {
    let world = World::new(arguments, "bench_statements").await?;
    let sessions = store::sessions(&world, CONNECTIONS).await?;
    let (_hub, _) = world.hub().await?;
    let calls = || {
        let call = |session: &store::Session| {
            Calls::again_and_again(&world, &session.access, get_issue(), "HARBOR-1")
        };
        sessions.iter().map(call).collect()
    };
    let lasts = Lasts::For(Duration::from_secs(arguments.seconds));
    load::run(world.address, calls(), lasts).await?.sound()?;

    // Not counted per call: repeated session lookups, the recording of uses, background jobs.
    let before = transactions(&world).await?;
    let outcome = load::run(world.address, calls(), lasts).await?.sound()?;
    let after = transactions(&world).await?;
    // Lossless: at most a few thousand transactions, some hundred thousand calls.
    let each = f64::from(u32::try_from(after - before)?)
        / f64::from(u32::try_from(outcome.latencies.len())?);
    let figure = Figure {
        what: "database transactions per call, steady state",
        budget: "0 on the path of a call".to_owned(),
        measured: format!("{each:.5}"),
        compared_with: format!("{} in {} calls", after - before, outcome.latencies.len()),
        held: Some(each < 0.01),
    };
    Ok(Findings {
        figures: vec![figure],
        plots: Vec::new(),
    })
}

async fn transactions(world: &World) -> anyhow::Result<i64> {
    // PostgreSQL's processes report their counts once they have been idle for a second.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let count = sqlx::query_scalar(
        "SELECT xact_commit + xact_rollback FROM pg_stat_database
         WHERE datname = current_database()",
    );
    Ok(count.fetch_one(&world.db).await?)
}
