//! Calls while a million expired rows are deleted, which outlasts the calls and is then stopped.

use std::{process::Stdio, time::Duration};

use tokio::process::Command;

use super::{
    findings::Findings,
    requests::{Calls, get_issue},
};
use crate::{
    RunArguments,
    load::{self, Lasts},
    plot,
    report::{Figure, Plot},
    store,
    world::World,
};

/// Fewer than the machine can take, to measure the effect of the deletion, not a queue.
const CONNECTIONS: usize = 4;
const WANTED: f64 = 1.2;

pub(super) async fn measure(arguments: &RunArguments) -> anyhow::Result<Findings> {
    let world = World::new(arguments, "bench_cleanup").await?;
    let sessions = store::sessions(&world, CONNECTIONS).await?;
    store::expired_access_tokens(&world, crate::MANY).await?;
    let (_hub, _) = world.hub().await?;
    let calls = || {
        let call = |session: &store::Session| {
            Calls::again_and_again(&world, &session.access, get_issue(), "HARBOR-1")
        };
        sessions.iter().map(call).collect()
    };
    let lasts = Lasts::For(Duration::from_secs(arguments.seconds));
    let quiet = load::run(world.address, calls(), lasts).await?.sound()?;

    let mut removal = Command::new(world.program())
        .arg("cleanup")
        .env_clear()
        .envs(world.settings())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let during = load::run(world.address, calls(), lasts).await?.sound()?;
    let ended = removal.try_wait()?;
    anyhow::ensure!(ended.is_none(), "the cleanup ended before the calls");
    removal.kill().await?;
    let left: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM hub.access_tokens WHERE expires_at < clock_timestamp()",
    )
    .fetch_one(&world.db)
    .await?;
    let removed = i64::try_from(crate::MANY)? - left;
    anyhow::ensure!(removed > 0, "no expired row was removed");

    let (before, with) = (quiet.quantile(0.99), during.quantile(0.99));
    let times = with.as_secs_f64() / before.as_secs_f64();
    let svg = plot::latencies(
        "Calls, 4 connections, while expired rows are removed",
        &[
            ("nothing to remove", &quiet),
            ("during the removal", &during),
        ],
    )?;
    Ok(Findings {
        figures: vec![Figure {
            what: "p99 of `/mcp` while 1,000,000 expired rows are removed",
            budget: format!("≤ {WANTED} × without"),
            measured: format!("{:.2} ms ({times:.2} ×)", with.as_secs_f64() * 1e3),
            compared_with: format!(
                "{:.2} ms; {removed} were removed in {} s",
                before.as_secs_f64() * 1e3,
                arguments.seconds
            ),
            held: Some(times <= WANTED),
        }],
        plots: vec![Plot {
            file: "cleanup.svg",
            caption: "Latency of calls with and without a removal of expired rows",
            svg,
        }],
    })
}
