//! Three tenants of one hub, each with a Backlog of its own: the default space at the hub
//! itself, one by path, one by host name. Whatever one of them gave out is refused everywhere
//! at the others ([`endpoints`]), and no call of one reaches the Backlog of another
//! ([`tools`]).

mod cases;
mod endpoints;
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
