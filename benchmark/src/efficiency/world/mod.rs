//! The two spaces in which the tasks are done: the seeded one with some weeks of work in it, and
//! one of a busy company.
//!
//! 1. What happened is a list of [`events`]: what the tasks are about ([`history`]), and in the
//!    busy space the work of many others ([`crowd`]).
//! 2. The events are made in their order, through the API and at their times, so that change logs,
//!    activities and notifications are those that Backlog would have.
//! 3. The clock stops at [`NOW`].

mod crowd;
mod events;
mod history;
mod texts;

use backlog_sim::{BacklogSim, Id, SimOptions, seed};
use chrono::{DateTime, Utc};

use super::cost::LIMITS;
use events::Events;

/// Wednesday, 2026-11-25, 10:00 in Tokyo.
const NOW: &str = "2026-11-25T01:00:00Z";

/// The user who asks.
pub(super) const USER: Id = seed::DANIEL;

/// The size of a space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Size {
    Small,
    Busy,
}

impl Size {
    pub(super) const ALL: [Self; 2] = [Self::Small, Self::Busy];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Busy => "busy",
        }
    }
}

/// The time of every task.
pub(super) fn now() -> DateTime<Utc> {
    NOW.parse().expect("a valid time")
}

/// Starts a space of its own for a task.
pub(super) async fn start(size: Size) -> anyhow::Result<BacklogSim> {
    let sim = BacklogSim::start(SimOptions::default()).await?;
    let mut events = Events::default();
    history::add(&mut events);
    if size == Size::Busy {
        let members = sim.control().add_users(crowd::MEMBERS);
        crowd::add(&mut events, &members);
    }
    events.make(&sim).await?;
    sim.control().stop_clock_at(now());
    sim.control().set_rate_limits(LIMITS);
    Ok(sim)
}
