//! `tools/call get_issue` through the hub, compared with a pass-through that does nothing else.

use std::{net::SocketAddr, time::Duration};

use secrecy::ExposeSecret;

use super::{
    findings::{CONNECTIONS, Findings},
    requests::{Calls, get_issue},
};
use crate::{
    RunArguments,
    load::{self, Lasts, Outcome},
    plot,
    process::Process,
    report::{Figure, Plot},
    store,
    world::World,
};

/// A text in every issue that Backlog returns.
const PROOF: &str = "HARBOR-1";
/// Each is measured this many times, in turn, and the median counts.
const ROUNDS: usize = 3;

pub(super) async fn measure(arguments: &RunArguments) -> anyhow::Result<Findings> {
    let world = World::new(arguments, "bench_throughput").await?;
    let sessions = store::sessions(&world, CONNECTIONS).await?;
    let (hub, _) = world.hub().await?;
    let backlog = world.backlog.url.as_str();
    let program = std::env::current_exe()?;
    let mut bare = Process::start(&program, &["pass-through", "--backlog", backlog], &[])?;
    let bare_at: SocketAddr = bare.line().await?.parse()?;

    let lasts = Lasts::For(Duration::from_secs(arguments.seconds));
    let (mut through, mut direct) = (Vec::new(), Vec::new());
    let (mut hub_cost, mut bare_cost) = (Cost::default(), Cost::default());
    for _ in 0..ROUNDS {
        let calls = sessions
            .iter()
            .map(|session| Calls::again_and_again(&world, &session.access, get_issue(), PROOF));
        let before = hub.cpu()?;
        let outcome = load::run(world.address, calls.collect(), lasts)
            .await?
            .sound()?;
        hub_cost.add(hub.cpu()?.saturating_sub(before), &outcome);
        through.push(outcome);
        let token = world.backlog.token.expose_secret();
        let calls =
            (0..CONNECTIONS).map(|_| Calls::to(bare_at.to_string(), token, get_issue(), PROOF));
        let before = bare.cpu()?;
        let outcome = load::run(bare_at, calls.collect(), lasts).await?.sound()?;
        bare_cost.add(bare.cpu()?.saturating_sub(before), &outcome);
        direct.push(outcome);
    }
    let (through, direct) = (middle(through), middle(direct));

    let share = through.per_second() / direct.per_second();
    let (p99, bare_p99) = (through.quantile(0.99), direct.quantile(0.99));
    let svg = plot::latencies(
        "tools/call get_issue, 64 connections",
        &[
            ("through the hub", &through),
            ("bare pass-through", &direct),
        ],
    )?;
    Ok(Findings {
        figures: vec![
            Figure {
                what: "`tools/call get_issue`, calls per second",
                budget: "≥ 60 % of the pass-through".to_owned(),
                measured: format!("{:.0}/s ({:.0} %)", through.per_second(), share * 100.0),
                compared_with: format!("{:.0}/s", direct.per_second()),
                held: Some(share >= 0.6),
            },
            Figure {
                what: "its p99 at 64 connections",
                budget: "< 2 × the pass-through's".to_owned(),
                measured: format!("{:.1} ms", p99.as_secs_f64() * 1e3),
                compared_with: format!("{:.1} ms", bare_p99.as_secs_f64() * 1e3),
                held: Some(p99 < 2 * bare_p99),
            },
            Figure {
                what: "its processor time a call",
                budget: "none; it separates the programs from the machine".to_owned(),
                measured: format!("{:.0} µs", hub_cost.micros()),
                compared_with: format!("{:.0} µs", bare_cost.micros()),
                held: None,
            },
        ],
        plots: vec![Plot {
            file: "throughput.svg",
            caption: "Latency of tools/call get_issue through the hub and the pass-through",
            svg,
        }],
    })
}

/// A program's processor time, and the calls that it served.
#[derive(Default)]
struct Cost {
    cpu: Duration,
    calls: u64,
}

impl Cost {
    fn add(&mut self, cpu: Duration, outcome: &Outcome) {
        self.cpu += cpu;
        self.calls += outcome.responses;
    }

    fn micros(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        let calls = self.calls as f64;
        self.cpu.as_secs_f64() * 1e6 / calls
    }
}

fn middle(mut outcomes: Vec<Outcome>) -> Outcome {
    outcomes.sort_by(|one, other| one.per_second().total_cmp(&other.per_second()));
    outcomes.swap_remove(outcomes.len() / 2)
}
