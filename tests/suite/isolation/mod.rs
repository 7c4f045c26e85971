//! Isolation of spaces: one hub has three spaces, each with a Backlog of its own: the default space
//! at the hub itself, one by path, and one by host name.
//!
//! 1. A credential of one space is refused at every endpoint of another ([`endpoints`]).
//! 2. No call in one space reaches the Backlog of another ([`tools`]).
//! 3. A space whose site is hostile gets no code, token or secret of another ([`hostile_space`],
//!    [`mix_up_attack`]).

mod cases;
mod endpoints;
mod hostile_space;
mod mix_up_attack;
mod tools;

use backlog_sim::{BacklogSim, RateLimits};

use crate::support::{
    hub::{TestHub, sim},
    issuer::{Credentials, Issuer},
};

/// A space as its people and clients know it.
struct Tenant<'a> {
    issuer: Issuer,
    sim: &'a BacklogSim,
    own: Credentials,
}

/// The Backlogs of the second and the third space.
async fn two_more() -> [BacklogSim; 2] {
    [sim().await, sim().await]
}

impl<'a> Tenant<'a> {
    async fn three(hub: &'a TestHub, others: &'a [BacklogSim; 2]) -> Vec<Self> {
        let [second, third] = others;
        let issuers = Issuer::three_at(hub, [second, third]).await;
        let mut tenants = Vec::new();
        for (issuer, sim) in issuers.into_iter().zip([&hub.sim, second, third]) {
            sim.control().set_rate_limits(RateLimits {
                read: u32::MAX,
                update: u32::MAX,
                search: u32::MAX,
                icon: u32::MAX,
            });
            let own = Credentials::from(hub, &issuer).await;
            tenants.push(Self { issuer, sim, own });
        }
        tenants
    }
}

/// Each tenant with each other one.
fn pairs<'t, 'a>(tenants: &'t [Tenant<'a>]) -> Vec<(&'t Tenant<'a>, &'t Tenant<'a>)> {
    let all = tenants
        .iter()
        .flat_map(|here| tenants.iter().map(move |from| (here, from)));
    all.filter(|(here, from)| here.issuer.url != from.issuer.url)
        .collect()
}
