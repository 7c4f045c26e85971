//! Calls while all stored values are sealed with a new key.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use tokio::process::Command;

use super::{
    findings::Findings,
    requests::{Calls, get_issue},
};
use crate::{
    RunArguments,
    load::{self, Lasts},
    report::Figure,
    store,
    world::World,
};

/// Each has two sealed values.
const SESSIONS: usize = 100_000;
/// Fewer than the machine can take, to measure the effect of the rotation, not a queue.
const CONNECTIONS: usize = 4;

pub(super) async fn measure(arguments: &RunArguments) -> anyhow::Result<Findings> {
    let mut world = World::new(arguments, "bench_rotation").await?;
    let sessions = store::sessions(&world, SESSIONS).await?;
    world.lead_with_new_key("next");
    let (_hub, _) = world.hub().await?;
    let calls = || {
        let call = |session: &store::Session| {
            Calls::again_and_again(&world, &session.access, get_issue(), "HARBOR-1")
        };
        sessions.iter().take(CONNECTIONS).map(call).collect()
    };
    let lasts = Lasts::For(Duration::from_secs(arguments.seconds));
    let quiet = load::run(world.address, calls(), lasts).await?.sound()?;

    let rotation = async {
        let started = Instant::now();
        let mut rotation = Command::new(world.program())
            .args(["keys", "rotate"])
            .env_clear()
            .envs(world.settings())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        anyhow::ensure!(rotation.wait().await?.success(), "the rotation failed");
        anyhow::Ok(started.elapsed())
    };
    let (during, took) = tokio::join!(load::run(world.address, calls(), lasts), rotation);
    let (during, took) = (during?.sound()?, took?);
    let left: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM hub.grants
         WHERE backlog_access_token NOT LIKE 'sealed:v1:next:%'
            OR backlog_refresh_token NOT LIKE 'sealed:v1:next:%'",
    )
    .fetch_one(&world.db)
    .await?;
    anyhow::ensure!(left == 0, "{left} grants are left under the old key");

    let millis = |outcome: &load::Outcome| outcome.quantile(0.99).as_secs_f64() * 1e3;
    Ok(Findings {
        figures: vec![Figure {
            what: "`keys rotate` with 100,000 sessions, while calls go on",
            budget: "no call fails".to_owned(),
            measured: format!(
                "{:.1} s; {} calls, none failed, p99 {:.2} ms",
                took.as_secs_f64(),
                during.responses,
                millis(&during)
            ),
            compared_with: format!("p99 {:.2} ms before", millis(&quiet)),
            held: Some(true),
        }],
        plots: Vec::new(),
    })
}
