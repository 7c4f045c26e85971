//! The same requests in the newest protocol version and in the last one with a handshake.

use std::time::Duration;

use super::{
    findings::{CONNECTIONS, Findings},
    requests::{Calls, Message, Version},
};
use crate::{
    RunArguments,
    load::{self, Lasts, Outcome},
    process::Process,
    report::Figure,
    store::{self, Session},
    world::World,
};

/// Each is measured this many times, in turn, and the median counts.
const ROUNDS: usize = 5;
const WANTED: f64 = 0.95;

pub(super) async fn measure(arguments: &RunArguments) -> anyhow::Result<Findings> {
    let world = World::new(arguments, "bench_versions").await?;
    let sessions = store::sessions(&world, CONNECTIONS).await?;
    let (hub, _) = world.hub().await?;
    let lasts = Lasts::For(Duration::from_secs(arguments.seconds));
    let target = Target {
        world: &world,
        sessions: &sessions,
        hub: &hub,
        lasts,
    };
    let mut figures = Vec::new();
    for (what, make, proof) in [
        (
            "`tools/call get_issue` in 2026-07-28, calls per second",
            Version::get_issue as fn(Version) -> Message,
            "HARBOR-1",
        ),
        (
            "`tools/list` in 2026-07-28, per second",
            Version::tools_list,
            "get_issue",
        ),
    ] {
        let (mut newest, mut handshake) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            newest.push(target.run(make(Version::NEWEST), proof).await?);
            handshake.push(target.run(make(Version::HANDSHAKE), proof).await?);
        }
        let (newest, handshake) = (Measured::of(&newest), Measured::of(&handshake));
        let share = newest.median / handshake.median;
        figures.push(Figure {
            what,
            budget: format!("≥ {WANTED} of 2025-11-25"),
            measured: format!("{} ({share:.2})", newest.shown()),
            compared_with: handshake.shown(),
            held: Some(share >= WANTED),
        });
    }
    Ok(Findings {
        figures,
        plots: Vec::new(),
    })
}

struct Target<'a> {
    world: &'a World,
    sessions: &'a [Session],
    hub: &'a Process,
    lasts: Lasts,
}

impl Target<'_> {
    /// Runs one load; with the hub's processor time.
    async fn run(
        &self,
        message: Message,
        proof: &'static str,
    ) -> anyhow::Result<(Outcome, Duration)> {
        let calls = self.sessions.iter().map(|session| {
            Calls::again_and_again(self.world, &session.access, message.clone(), proof)
        });
        let before = self.hub.cpu()?;
        let outcome = load::run(self.world.address, calls.collect(), self.lasts).await?;
        let outcome = outcome.sound()?;
        Ok((outcome, self.hub.cpu()?.saturating_sub(before)))
    }
}

/// The figures of all rounds.
struct Measured {
    slowest: f64,
    median: f64,
    fastest: f64,
    /// The hub's processor time of a request, in microseconds.
    cpu_micros: f64,
}

impl Measured {
    fn of(rounds: &[(Outcome, Duration)]) -> Self {
        let cpu: Duration = rounds.iter().map(|(_, cpu)| *cpu).sum();
        let requests: u64 = rounds.iter().map(|(outcome, _)| outcome.responses).sum();
        let mut rates: Vec<_> = rounds
            .iter()
            .map(|(outcome, _)| outcome.per_second())
            .collect();
        rates.sort_by(f64::total_cmp);
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        let requests = requests as f64;
        Self {
            slowest: rates[0],
            median: rates[rates.len() / 2],
            fastest: rates[rates.len() - 1],
            cpu_micros: cpu.as_secs_f64() * 1e6 / requests,
        }
    }

    fn shown(&self) -> String {
        format!(
            "{:.0}/s ({:.0} to {:.0}), {:.0} µs of processor time",
            self.median, self.slowest, self.fastest, self.cpu_micros
        )
    }
}
